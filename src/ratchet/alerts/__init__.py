"""When something that is watched becomes an alert: a pure decision over records.

    measured   of rows and labels (deliveries), of matured figures (performance: figures, slow), of what bears on them
       |       (evidence), and of columns (movement): what is known in one window
    judging    by effect and by chance: signals
    memory     by earlier windows of the same champion (steps, rules): alerts; composites of these (quorum), which
       |       labels can take back (label override)
    quorum     the level of the model
    outbreaks  an incident, a request for a retrain

`raising` runs them in this order; `advice` and `wording` put them into words.
"""

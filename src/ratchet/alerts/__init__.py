"""When a signal becomes an alert: a pure decision over records.

    measured    signals of rows and labels (deliveries), of matured figures (losses, performance_signals), of concept,
       |        calibration and estimates (evidence), and of columns (drift_signals), all of one window
    signals     the level of each, by its effect and by chance
    memory      alerts, by earlier windows of the same champion (rules)
    composites  alerts made of several, which labels can override; the level of the model
    incidents   an incident, a request for a retrain
    notices     what a channel is told of an incident

`raising` runs them in this order; `wording` writes figures and times.
"""

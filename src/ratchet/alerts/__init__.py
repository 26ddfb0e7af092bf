"""When a signal becomes an alert: a pure decision over records.

measured    a signal of one window, and its words: of columns, rows and labels (data_signals); of matured figures,
   |        concept, calibration and estimates (performance_signals, losses)
signals     the level of each, by its effect and by chance
raising     alerts, by earlier windows of the same champion (rules); it runs all that is named here
composites  alerts made of several, which labels can override; the level of the model
incidents   an incident, what a channel is told of it, a request for a retrain
"""

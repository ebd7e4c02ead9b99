"""How good the answers are: judged queries, what each leg and the fusion make of them, and better weights."""

"""Charts: pure functions, numbers in and options of ECharts or a picture out."""

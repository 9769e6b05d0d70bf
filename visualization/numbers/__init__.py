"""Numbers: what the pages show, computed without a browser, a process or a component."""

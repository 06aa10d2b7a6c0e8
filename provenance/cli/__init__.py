"""The command line. Every command is imported only when it is called."""

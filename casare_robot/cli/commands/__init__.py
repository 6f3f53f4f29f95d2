"""The commands by theme: what each is called and takes. What they do is loaded when they run."""

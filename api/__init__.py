"""The web: registers over HTTP. `app` puts it together; a small module for each thing that all routes need."""

"""One module for each step of `historia-hooks`: read, plan, print the plan, apply, verify."""

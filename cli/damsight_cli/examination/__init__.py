"""What `damsight doctor` looks at: a file per thing; each finding says what was found and what to do."""

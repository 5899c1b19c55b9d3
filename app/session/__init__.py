"""What outlives a rerun: records, jobs, caches, the settings in the address, who looks."""

"""A matrix product whose operands lie on a disk, in a memory that the run limits itself."""

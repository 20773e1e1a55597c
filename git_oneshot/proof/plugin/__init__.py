"""What runs inside the tested project's interpreter; never imported by the program itself."""

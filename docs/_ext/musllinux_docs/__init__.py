"""The pages that join the text, the vectors and the reports."""

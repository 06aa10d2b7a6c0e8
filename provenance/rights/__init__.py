"""What people and authorities may ask for, who got what, and how both are proved."""

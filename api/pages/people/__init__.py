"""Who somebody is: signing in, their account and mails; and what administrators say of others."""

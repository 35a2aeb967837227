"""Members, invitations, passkeys, sign-in and sessions."""

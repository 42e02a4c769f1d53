"""A sandbox: Google and Slack played by emulators, with a mailbox and a calendar that look like somebody's week."""

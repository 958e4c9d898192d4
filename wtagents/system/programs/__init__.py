"""Programs beside this one: begun, listened to, waited for, ended."""

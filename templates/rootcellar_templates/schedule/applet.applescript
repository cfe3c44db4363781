-- Rootcellar.app: a program that stays the same from update to update, so that it can hold Full Disk
-- Access. It starts rootcellar, waits for it, and does nothing else.
do shell script "/bin/sh {{ script|shell_quoted|applescript_text }} || true"

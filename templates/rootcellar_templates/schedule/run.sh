#!/bin/sh
# Written by `rootcellar schedule install`. The applet that holds Full Disk Access calls this file, so that
# rootcellar and its Python can be updated without a new grant. It must wait and not exec: the grant is that
# of the program that launchd has started.
{% for name, value in environment.items() %}
export {{ name }}={{ value|shell_quoted }}
{% endfor %}
# `rootcellar doctor` leaves a request here, to look with the eyes of the schedule.
if [ -f {{ request|shell_quoted }} ]; then
	/bin/sh {{ request|shell_quoted }} 2>>{{ log|shell_quoted }}
	rm -f {{ request|shell_quoted }}
	mv {{ answer|shell_quoted }}.part {{ answer|shell_quoted }}
	exit 0
fi
{{ command|map("shell_quoted")|join(" ") }} "$@" >>{{ log|shell_quoted }} 2>&1

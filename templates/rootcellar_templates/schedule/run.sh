#!/bin/sh
# Written by `rootcellar schedule install`. The applet that holds Full Disk Access calls this file, so that
# rootcellar and its Python can be updated without a new grant. It must wait and not exec: the grant is that
# of the program that launchd has started.
{% for name, value in environment.items() %}
export {{ name }}={{ value|shell_quoted }}
{% endfor %}
{{ command|map("shell_quoted")|join(" ") }} "$@" >>{{ log|shell_quoted }} 2>&1

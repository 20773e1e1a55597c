# What tests need from outside: . tests/bring.sh
# Nothing here hangs, asks or fails. What can't be had is said, and who needs it is skipped and counted.

# Node trusts the certificates that it was built with: let it trust what this machine trusts, too.
for known in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
	/etc/ssl/cert.pem; do
	[ -n "${NODE_EXTRA_CA_CERTS:-}" ] || [ ! -s "$known" ] || export NODE_EXTRA_CA_CERTS="$known"
done
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
export PIP_RETRIES=1 npm_config_fetch_retries=1 npm_config_fetch_timeout=30000
export npm_config_fetch_retry_mintimeout=1000

# bring WHAT COMMAND...: run what brings it, for at most three minutes; 124 when they were over.
bring() {
	brought=$1
	shift
	said=$(timeout -k 5 180 "$@" 2>&1 </dev/null) && return
	ended=$?
	[ $ended != 124 ] || said="error: no end within three minutes"
	echo "not to be had here: $brought ($(echo "$said" | grep -i error | head -n 1 | cut -c 1-200))"
	return $ended
}
command -v timeout >/dev/null || timeout() { shift 3 && "$@"; }

# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests: made by openssl(1) in a folder of their own."""
import pathlib
import ssl
import subprocess
import tempfile

ECDSA = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("-newkey", "rsa:2048")


class Pair:
    """A certificate of localhost and 127.0.0.1 that signs itself, and its key. The files are
    removed with the object."""

    def __init__(self, kind=ECDSA, name="localhost"):
        self.folder = tempfile.TemporaryDirectory(prefix="fanlight-certificate-")
        self.certificate = pathlib.Path(self.folder.name, "certificate.pem")
        self.key = pathlib.Path(self.folder.name, "key.pem")
        self.renew(kind, name)

    def renew(self, kind=ECDSA, name="localhost"):
        """Another certificate and key in the same files."""
        subprocess.run(
            ["openssl", "req", "-x509", *kind, "-noenc", "-days", "30", "-subj", f"/CN={name}",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", self.certificate,
             "-keyout", self.key], check=True, capture_output=True, timeout=60)
        self.key.chmod(0o600)

    @property
    def flags(self):
        return ("--tls-cert", str(self.certificate), "--tls-key", str(self.key))

    @property
    def context(self):
        """Of a client that trusts this certificate and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))

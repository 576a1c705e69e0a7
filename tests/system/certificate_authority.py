"""Certificates for the tests, made by the openssl tool in the test's own directory."""
import os
import subprocess

KEYS = {"ec": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "rsa": ("rsa:2048",), "slow": ("rsa:4096",)}


def openssl(*arguments, patience=60):
    """The completed run of the tool; its output is bytes."""
    return subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, timeout=patience, check=False)


class Pair:
    """A certificate and its key. `setting` is what tls.certificates takes."""

    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key
        self.setting = f"{certificate}:{key}"


class CertificateAuthority:
    def __init__(self, directory, name="Test CA"):
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.root = self.make("ca", f"/CN={name}", extensions=("basicConstraints=critical,CA:TRUE",), issuer=None)

    def make(self, name, subject, names=(), key="ec", issuer="ours", extensions=()):
        """NAME.pem and NAME.key, in the place of what had these names. Each is put there whole."""
        pair = Pair(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        new = [f"{path}.new" for path in (pair.certificate, pair.key)]
        command = ["req", "-x509", "-newkey", *KEYS[key], "-nodes", "-days", "90", "-subj", subject, "-out", new[0], "-keyout", new[1]]
        if issuer:
            command += ["-CA", self.root.certificate, "-CAkey", self.root.key, "-addext", "basicConstraints=CA:FALSE"]
        if names:
            extensions = (*extensions, "subjectAltName=" + ",".join(f"DNS:{n}" for n in names))
        for extension in extensions:
            command += ["-addext", extension]
        done = openssl(*command)
        assert done.returncode == 0, done.stderr
        os.chmod(new[1], 0o600)
        for path, made in zip((pair.key, pair.certificate), reversed(new)):
            os.replace(made, path)
        return pair

"""The validators that ours is compared with: Blaze and ajv, from npm, in a temporary folder."""
import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
PACKAGES = ["@sourcemeta/jsonschema", "ajv@8", "ajv-formats@3"]


class Others:
    def __init__(self, folder):
        """Installs both in the folder, unless it has them."""
        if not os.path.isdir(os.path.join(folder, "node_modules")):
            print("installing " + " ".join(PACKAGES), file=sys.stderr, flush=True)
            command = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", folder]
            subprocess.run([*command, *PACKAGES], check=True)
        self.modules = os.path.join(folder, "node_modules")
        # Without the script in front of it.
        pattern = "@sourcemeta/jsonschema/build/github-releases/jsonschema-linux-" + os.uname().machine
        found = glob.glob(os.path.join(self.modules, pattern))
        self.blaze = found[0] if found else os.path.join(self.modules, ".bin", "jsonschema")

    def ajv(self, *arguments, **options):
        return subprocess.Popen(
            ["node", os.path.join(HERE, "ajv.js"), *arguments],
            env={**os.environ, "NODE_PATH": self.modules},
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kubernetes_test.py --binary FANLIGHT: packaging/kubernetes/fanlight.yaml.

There is no cluster here, and kubectl's own dry run needs one. So kubectl reads the Deployment and
the Service into its types and writes them again: fields that it does not know, or of other types,
do not come back. The rest is compared: names and labels that refer to each other, and everything
that refers to the server, with the server itself. What only a cluster knows (whether it admits the
pods, and scales them) is not tested. Older kubectls do not know autoscaling/v2, so the fields of
the HorizontalPodAutoscaler are listed here.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "packaging/kubernetes/fanlight.yaml"


def objects():
    """{kind: object}"""
    return {each["kind"]: each for each in yaml.safe_load_all(MANIFEST.read_text())}


def missing_in(read, wrote, path=""):
    """Paths of `read` that are not, or not the same, in `wrote`. kubectl adds defaults."""
    if isinstance(read, dict) and isinstance(wrote, dict):
        return [each for key in read
                for each in missing_in(read[key], wrote.get(key), f"{path}.{key}")]
    if isinstance(read, list) and isinstance(wrote, list) and len(read) <= len(wrote):
        return [each for number, (one, other) in enumerate(zip(read, wrote))
                for each in missing_in(one, other, f"{path}[{number}]")]
    return [] if read == wrote else [path]


def through_kubectl(thing, *command):
    done = subprocess.run(["kubectl", "set", *command, "--local", "-o", "json", "-f", "-"],
                          input=json.dumps(thing), capture_output=True, text=True,
                          errors="replace", timeout=60, check=False)
    if done.returncode != 0:
        return [done.stderr]
    return missing_in(thing, json.loads(done.stdout))


class ManifestTest(unittest.TestCase):
    def setUp(self):
        self.objects = objects()
        self.pod = self.objects["Deployment"]["spec"]["template"]["spec"]
        [self.container] = self.pod["containers"]

    def test_kubectl_knows_every_field(self):
        # It prints only what it has changed.
        self.assertEqual(through_kubectl(self.objects["Deployment"], "env", "UNUSED=1"), [])
        service = self.objects["Service"]
        [label] = service["spec"]["selector"]
        self.assertEqual(through_kubectl(service, "selector", f"{label}=other"),
                         [f".spec.selector.{label}"])

    def test_kubectl_would_miss_a_wrong_field(self):
        deployment = self.objects["Deployment"]
        self.container["readinesProbe"] = self.container.pop("readinessProbe")
        self.assertNotEqual(through_kubectl(deployment, "env", "UNUSED=1"), [])
        deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = "soon"
        self.assertNotEqual(through_kubectl(deployment, "env", "UNUSED=1"), [])

    def test_autoscaler(self):
        scaler = self.objects["HorizontalPodAutoscaler"]
        deployment = self.objects["Deployment"]
        self.assertEqual(scaler["apiVersion"], "autoscaling/v2")
        spec = scaler["spec"]
        self.assertEqual(set(spec), {"scaleTargetRef", "minReplicas", "maxReplicas", "metrics",
                                     "behavior"})
        self.assertEqual(spec["scaleTargetRef"], {
            "apiVersion": deployment["apiVersion"], "kind": "Deployment",
            "name": deployment["metadata"]["name"]})
        self.assertLess(spec["minReplicas"], spec["maxReplicas"])
        self.assertNotIn("replicas", deployment["spec"], "the autoscaler sets it")
        [metric] = spec["metrics"]
        self.assertEqual(set(metric), {"type", "pods"})
        self.assertEqual(metric["type"], "Pods")
        self.assertEqual(set(metric["pods"]), {"metric", "target"})
        self.assertEqual(set(metric["pods"]["target"]), {"type", "averageValue"})
        self.assertRegex(metric["pods"]["target"]["averageValue"], r"^\d+$")

    def test_labels_and_names_refer_to_each_other(self):
        deployment = self.objects["Deployment"]["spec"]
        labels = deployment["template"]["metadata"]["labels"]
        self.assertEqual(deployment["selector"]["matchLabels"], labels)
        self.assertEqual(self.objects["Service"]["spec"]["selector"], labels)
        [spread] = self.pod["topologySpreadConstraints"]
        self.assertEqual(spread["labelSelector"]["matchLabels"], labels)
        [volume], [mount] = self.pod["volumes"], self.container["volumeMounts"]
        self.assertEqual(volume["configMap"]["name"], self.objects["ConfigMap"]["metadata"]["name"])
        self.assertEqual(mount["name"], volume["name"])
        [file] = self.objects["ConfigMap"]["data"]
        self.assertEqual(self.container["args"], ["--config", f"{mount['mountPath']}/{file}"])
        [port] = self.container["ports"]
        [outside] = self.objects["Service"]["spec"]["ports"]
        probes = [self.container[name]["httpGet"]["port"]
                  for name in ("startupProbe", "livenessProbe", "readinessProbe")]
        self.assertEqual({outside["targetPort"], *probes}, {port["name"]})

    def test_pods_have_no_rights(self):
        self.assertTrue(self.pod["securityContext"]["runAsNonRoot"])
        self.assertGreater(self.pod["securityContext"]["runAsUser"], 0)
        self.assertEqual(self.container["securityContext"], {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]}})

    def test_the_server_accepts_the_configuration_and_has_what_is_asked(self):
        [text] = self.objects["ConfigMap"]["data"].values()
        [port] = [port["containerPort"] for port in self.container["ports"]]
        self.assertIn(f'listen = ["0.0.0.0:{port}"]', text)
        annotations = self.objects["Deployment"]["spec"]["template"]["metadata"]["annotations"]
        self.assertEqual(annotations["prometheus.io/port"], str(port))
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "fanlight.toml")
            file.write_text(text)
            subprocess.run([harness.options.binary, "--config", file, "--check-config"],
                           check=True, stdout=subprocess.DEVNULL, timeout=20)
            # The same, but for what is elsewhere: its source does not answer.
            closed = harness.reserve_port()
            self.addCleanup(closed.close)
            here = f"http://127.0.0.1:{closed.getsockname()[1]}/stream"
            file.write_text(re.sub(r"(?m)^listen = .*\n", "", text).replace(
                "http://camera.example.org:5000/stream", here))
            with harness.Fanlight("--config", str(file)) as server:
                self.ask_the_server(server)

    def ask_the_server(self, server):
        def status(path):
            request = urllib.request.Request(server.url + path)
            try:
                return urllib.request.urlopen(request, timeout=20).status
            except urllib.error.HTTPError as error:
                return error.code

        self.assertEqual(status(self.container["livenessProbe"]["httpGet"]["path"]), 200)
        self.assertEqual(status(self.container["startupProbe"]["httpGet"]["path"]), 200)
        self.assertEqual(status(self.container["readinessProbe"]["httpGet"]["path"]), 503,
                         "it has no pictures")
        metrics = urllib.request.urlopen(server.url + "/metrics", timeout=20).read().decode()
        [metric] = self.objects["HorizontalPodAutoscaler"]["spec"]["metrics"]
        self.assertRegex(metrics, rf"(?m)^{metric['pods']['metric']['name']}[{{ ]")
        said = server.wait_for_line(r"memory: .*, at most (\d+) MB")
        limit = self.container["resources"]["limits"]["memory"]
        self.assertLess(int(said[1]), int(limit.removesuffix("Mi")))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    _, rest = parser.parse_known_args(namespace=harness.options)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)

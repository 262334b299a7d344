#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--sandbox and --user: what the server gives up, and that it serves as before."""
import grp
import os
import pathlib
import pwd
import re
import signal
import sqlite3
import tempfile
import unittest

import harness
from client import fetch, open_stream
from pictures import make_pictures

USER = "daemon"  # in every Debian (base-passwd)
# No program starts in the sandbox, so a sanitizer's build stays outside by default.
CONFINED = ["--sandbox", "on"]


def status_of(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return dict(re.findall(r"^(\w+):\s+(.*)$", text, re.MULTILINE))


def make_database(path):
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE stock(symbol TEXT, name TEXT, price REAL, volume INTEGER)")
        database.execute("INSERT INTO stock VALUES ('FANL', 'Fanlight Glass', 99.9, 1)")
    database.close()


def insert_row(path, symbol):
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO stock VALUES (?, 'x', 1, 1)", (symbol,))
    database.close()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def make_folder(self, name):
        (self.folder / name).mkdir()
        return self.folder / name


class SandboxTest(Case):
    def test_every_thread_is_confined(self):
        with harness.Fanlight(*CONFINED, "--source", "pattern") as fanlight:
            fanlight.wait_for_line(r"^sandbox: files and ports \(Landlock \d+.*\), "
                                   r"system calls \(seccomp\)$")
            self.assertEqual(fetch(fanlight.address, "/snapshot").status, 200)
            threads = list(pathlib.Path(f"/proc/{fanlight.process.pid}/task").iterdir())
            self.assertGreater(len(threads), 2)
            for thread in threads:
                status = (thread / "status").read_text()
                self.assertRegex(status, r"NoNewPrivs:\s1\n")
                self.assertRegex(status, r"Seccomp:\s2\n")
            self.assertEqual(fanlight.stop()[0], 0)

    def test_off_confines_nothing(self):
        with harness.Fanlight("--sandbox", "off") as fanlight:
            fanlight.wait_for_line("^sandbox: off$")
            status = status_of(fanlight.process)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("0", "0"))

    def test_another_word_is_refused(self):
        code, lines = harness.run_to_exit("--sandbox", "strict")
        self.assertEqual((code, len(lines)), (64, 1), lines)
        self.assertIn("auto, on, off", lines[0])

    def test_pictures_added_and_replaced_are_shown(self):
        _, pictures = make_pictures(self, size="320x240")
        shown = self.make_folder("shown")
        (shown / "1.jpg").write_bytes(pictures[0])
        for source in (f"files:{shown}", f"latest:{shown}", f"latest:{shown}/1.jpg"):
            with self.subTest(source), \
                    harness.Fanlight(*CONFINED, "--source", source) as fanlight:
                stream = open_stream(fanlight.address, "/stream")
                self.addCleanup(stream.connection.socket.close)
                (shown / ".new").write_bytes(pictures[1])
                (shown / ".new").rename(shown / "1.jpg")
                while stream.part().jpeg != pictures[1]:
                    pass
            (shown / "1.jpg").write_bytes(pictures[0])

    def test_a_database_in_wal_mode_is_read_while_it_grows(self):
        path = self.make_folder("db") / "stock.db"
        make_database(path)
        with harness.Fanlight(*CONFINED, "--stock-db", str(path)) as fanlight:
            self.assertIn(b"Fanlight Glass", fetch(fanlight.address, "/stock-table").body)
            insert_row(path, "MORE")
            self.assertIn(b"MORE", fetch(fanlight.address, "/stock-table").body)
            path.unlink()
            make_database(path)  # another file of that name
            insert_row(path, "OTHER")
            self.assertIn(b"OTHER", fetch(fanlight.address, "/stock-table").body)

    def test_the_access_log_is_opened_again(self):
        log = self.make_folder("log") / "access.log"
        with harness.Fanlight(*CONFINED, "--access-log", str(log)) as fanlight:
            fetch(fanlight.address, "/healthz")
            log.rename(log.with_suffix(".1"))
            fanlight.process.send_signal(signal.SIGHUP)
            fanlight.wait_for_line("SIGHUP")
            while not log.exists() or not log.read_text():
                fetch(fanlight.address, "/healthz")

    def test_a_unix_socket_is_removed_at_the_end(self):
        path = self.make_folder("run") / "http.sock"
        with harness.Fanlight(*CONFINED, listen=[f"unix:{path}"]) as fanlight:
            self.assertEqual(fetch(fanlight.address, "/healthz").status, 200)
            self.assertEqual(fanlight.stop()[0], 0)
        self.assertFalse(path.exists())

    def test_a_relay_by_name(self):
        with harness.Fanlight("--source", "pattern") as origin, \
                harness.Fanlight(*CONFINED, "--source",
                                 f"http://localhost:{origin.address[1]}/stream") as relay:
            stream = open_stream(relay.address, "/stream")
            self.addCleanup(stream.connection.socket.close)
            while stream.part().slate:
                pass


class ReloadTest(Case):
    def config(self, password, limit=10):
        return (f"max-viewers = {limit}\n[camera.yard]\nsource = \"http://me@127.0.0.1:1/\"\n"
                f"password-file = \"{password}\"\n")

    def test_a_configuration_that_was_replaced_is_read(self):
        file, password = self.make_folder("etc") / "fanlight.toml", self.folder / "etc/password"
        password.write_text("secret\n")
        file.write_text(self.config(password))
        with harness.Fanlight(*CONFINED, "--config", str(file)) as fanlight:
            for limit, old in ((5, file.with_suffix(".new")), (6, file.with_suffix(".new"))):
                old.write_text(self.config(password, limit))
                old.rename(file)
                password.unlink()
                password.write_text("secret\n")
                fanlight.process.send_signal(signal.SIGHUP)
                fanlight.wait_for_line(f"max-viewers is {limit} now")

    def test_a_file_outside_is_named_and_nothing_changes(self):
        file, password = self.make_folder("etc") / "fanlight.toml", self.folder / "etc/password"
        password.write_text("secret\n")
        outside = self.make_folder("elsewhere") / "password"
        outside.write_text("secret\n")
        file.write_text(self.config(password))
        with harness.Fanlight(*CONFINED, "--config", str(file)) as fanlight:
            file.write_text(self.config(outside, 5))
            fanlight.process.send_signal(signal.SIGHUP)
            fanlight.wait_for_line(f"^reload: {outside} is outside of the sandbox; restart "
                                   "Fanlight; nothing was changed$")
            self.assertFalse([line for line in fanlight.lines if line and "is 5 now" in line])


class UserTest(Case):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")

    def test_root_becomes_the_user(self):
        with harness.Fanlight(*CONFINED, "--user", f"{USER}:games") as fanlight:
            status = status_of(fanlight.process)
            user, group = str(pwd.getpwnam(USER).pw_uid), str(grp.getgrnam("games").gr_gid)
            self.assertEqual(status["Uid"].split(), [user] * 4)
            self.assertEqual(status["Gid"].split(), [group] * 4)
            self.assertNotIn("0", status["Groups"].split())
            for capabilities in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
                self.assertEqual(int(status[capabilities], 16), 0)
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(fetch(fanlight.address, "/snapshot").status, 200)
            self.assertEqual(fanlight.stop()[0], 0)

    def test_a_camera_keeps_its_group(self):
        video = str(grp.getgrnam("video").gr_gid)
        with harness.Fanlight("--user", USER, "--source", "v4l2:/dev/no-such-camera") as fanlight:
            self.assertIn(video, status_of(fanlight.process)["Groups"].split())
        with harness.Fanlight("--user", USER, "--source", "pattern") as fanlight:
            self.assertNotIn(video, status_of(fanlight.process)["Groups"].split())

    def test_without_a_sandbox_too(self):
        with harness.Fanlight("--sandbox", "off", "--user", USER) as fanlight:
            status = status_of(fanlight.process)
            self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("0", "1"))
            self.assertEqual(fetch(fanlight.address, "/snapshot").status, 200)

    def test_ports_are_bound_before(self):
        # In a network of its own: nothing else is there, and ports below 1024 are privileged.
        code, lines = harness.run_to_exit("--listen", "0.0.0.0:80", "--user", USER,
                                          "--exit-on-no-source", "--source",
                                          f"files:{self.folder}", restrict=["--no-ports"])
        self.assertEqual((code, len(lines)), (66, 1), lines)  # not 77: the port is bound

    def test_files_are_opened_as_the_user(self):
        secret = self.make_folder("secret")
        secret.chmod(0o700)
        code, lines = harness.run_to_exit("--listen", "127.0.0.1:0", "--user", USER,
                                          "--access-log", f"{secret}/access.log")
        self.assertEqual((code, len(lines)), (77, 1), lines)

    def test_who_does_not_exist_is_refused(self):
        for user, said in (("no-such-user", "there is no user 'no-such-user'"),
                           (f"{USER}:no-such-group", "there is no group 'no-such-group'"),
                           ("root", "is root"), (":games", "NAME or NAME:GROUP")):
            code, lines = harness.run_to_exit("--listen", "127.0.0.1:0", "--user", user)
            self.assertEqual((code, len(lines)), (64, 1), lines)
            self.assertIn(said, lines[0])
        config = self.folder / "fanlight.toml"
        config.write_text('source = "pattern"\nuser = "no-such-user"\n')
        code, lines = harness.run_to_exit("--listen", "127.0.0.1:0", "--config", str(config))
        self.assertEqual((code, len(lines)), (78, 1), lines)

    def test_only_root_can(self):
        code, lines = harness.run_to_exit("--listen", "127.0.0.1:0", "--user", USER,
                                          restrict=["--unprivileged"])
        self.assertEqual((code, len(lines)), (77, 1), lines)
        self.assertIn("only root", lines[0])


if __name__ == "__main__":
    harness.main()

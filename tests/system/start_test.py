"""deploy/start, which deploy/up ends in: what it prints works, and a stop from the terminal or from outside drains."""
import json
import os
import re
import select
import signal
import subprocess
import unittest

from troupe_process import BINARY, PATIENCE, SOURCE, SystemTest, environment, run_troupe

FREE = ("--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")


class Start(SystemTest):
    def start(self, *arguments, **variables):
        """The script, in a session of its own as a terminal gives it, and all it prints before it waits."""
        script = subprocess.Popen([SOURCE / "deploy" / "start", BINARY, *map(str, arguments)], start_new_session=True,
                                  env={**environment(), **variables}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.clean, script)
        text = ""
        while not text.endswith("Ctrl-C drains and stops.\n"):
            self.assertTrue(select.select([script.stdout], [], [], PATIENCE)[0], text)
            chunk = os.read(script.stdout.fileno(), 65536).decode()
            self.assertTrue(chunk, text)
            text += chunk
        return script, text

    @staticmethod
    def clean(script):
        if script.poll() is None:
            script.terminate()
        script.communicate(timeout=PATIENCE)

    def end(self, script, stop):
        stop(script)
        _, errors = script.communicate(timeout=PATIENCE)
        self.assertEqual(script.returncode, 0, errors)
        self.assertNotIn("second signal", errors)
        self.assertIn('"event":"stopped"', errors)
        return errors

    def test_every_printed_command_works_and_a_signal_to_the_script_drains(self):
        script, text = self.start("--data-dir", self.directory / "d", *FREE)
        ready = json.loads(text.splitlines()[0])
        self.assertEqual(ready["event"], "ready")
        commands = re.findall(r"^  (curl .*)$", text.replace("\\\n", ""), re.MULTILINE)
        self.assertEqual(len(commands), 5)
        for command in commands:
            done = subprocess.run(["bash", "-c", command.replace("curl -s", "curl -sS --fail --max-time 20")],
                                  capture_output=True, text=True, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 0, (command, done.stderr))
            self.assertTrue(done.stdout)
        self.end(script, subprocess.Popen.terminate)

    def test_ctrl_c_at_the_terminal_drains(self):
        script, _ = self.start("--data-dir", self.directory / "d", *FREE)
        self.end(script, lambda s: os.killpg(s.pid, signal.SIGINT))

    def test_the_data_directory_is_the_one_that_was_chosen_in_whatever_way(self):
        chosen = self.directory / "chosen"
        file = self.directory / "c.yaml"
        file.write_text(f"data_dir: {chosen}\n", encoding="ascii")
        for arguments, variables in (((f"--data-dir={chosen}",), {}), (("--config", file), {}), ((), {"TROUPE_DATA_DIR": str(chosen)})):
            with self.subTest(arguments=arguments, variables=variables):
                script, _ = self.start(*arguments, *FREE, **variables)
                self.end(script, subprocess.Popen.terminate)
                self.assertTrue((chosen / "catalog.sqlite").is_file())

    def test_an_import_of_the_sample_that_was_cut_off_is_done_again(self):
        data = self.directory / "d"
        sample = self.directory / "few.jsonl"
        sample.write_bytes((SOURCE / "deploy" / "sample" / "catalogue.jsonl").read_bytes().splitlines()[-1])
        self.assertEqual(run_troupe("import", sample, "--data-dir", data).returncode, 0)
        (data / "importing-sample").touch()
        script, _ = self.start("--data-dir", data, *FREE)
        errors = self.end(script, subprocess.Popen.terminate)
        self.assertIn("importing the sample", errors)
        self.assertFalse((data / "importing-sample").exists())
        script, _ = self.start("--data-dir", data, *FREE)
        self.assertNotIn("importing", self.end(script, subprocess.Popen.terminate))

    def test_wrong_options_are_refused_before_anything_is_made(self):
        done = subprocess.run([SOURCE / "deploy" / "start", BINARY, "--data-dir", self.directory / "d", "--listen", "nonsense"],
                              capture_output=True, text=True, timeout=PATIENCE, env=environment(), check=False)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("HOST:PORT", done.stderr)
        self.assertFalse((self.directory / "d").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)

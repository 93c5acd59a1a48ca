"""Opens pages of `stress report --html` in a headless Chromium and uses them as their readers do.

Prints one line a check and exits 1 when one failed.
"""

import contextlib
import shutil
import tempfile
import time
import traceback

import ends
from html_records import HOSTILE, RUNS, Pages, functions, hostile, interleaving, large
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service

DESKTOP = (1280, 900)
PHONE = (360, 740)
LARGE = 100_000

# Two frames: the first draws what a step changed, after the second it is there.
FRAMES = "const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));"


class Browser:
    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        # Without a sandbox as that needs more than containers and root have; the pages are our own.
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.driver.set_script_timeout(120)

    def look(self, size=DESKTOP, scheme="light"):
        self.cdp("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1,
                 mobile=size == PHONE)
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, page, size=DESKTOP, scheme="light"):
        self.look(size, scheme)
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get(page.as_uri())
        self.wait(lambda: self.js("return document.querySelectorAll('main > *').length > 0"))
        if self.js("return document.querySelector('.explorer') !== null"):
            self.wait(lambda: self.step() is not None)

    def wait(self, test, seconds=60):
        end = time.monotonic() + seconds
        while not test():
            if time.monotonic() > end:
                raise AssertionError(f"nothing after {seconds} s; the console: {self.console()}")
            time.sleep(0.02)

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def later(self, script, *arguments):
        """The result of an asynchronous function's body."""
        return self.driver.execute_async_script(
            f"const done = arguments[arguments.length - 1]; {FRAMES} (async () => {{ {script} }})().then(done)",
            *arguments)

    def step(self):
        step = self.js("return document.querySelector('.explorer')?.dataset.step ?? null")
        return None if step is None else int(step)

    def keys(self, *keys):
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()
        self.later("await frames()")

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.js("return document.querySelector(arguments[0])?.innerText", selector)

    def console(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def expect(seen, wanted, what):
    if seen != wanted:
        raise AssertionError(f"{what}: {seen!r}, not {wanted!r}")


def require(condition, what):
    if not condition:
        raise AssertionError(what)


class Checks:
    def __init__(self, browser, pages, shots):
        self.browser = browser
        self.pages = {name: pages.run(name) for name in RUNS}
        violation = self.pages["violation"][1]
        self.pages["hostile"] = pages.page("hostile", hostile(violation))
        self.pages["hostile-matrix"] = pages.page("hostile-matrix", hostile(self.pages["matrix"][1]))
        self.pages["functions"] = pages.page("functions", functions(violation))
        self.pages["large"] = pages.page("large", large(violation, LARGE))
        self.shots = shots

    def open(self, name, **how):
        self.browser.open(self.pages[name][0], **how)
        return self.pages[name][1]

    # Every page

    def opens_without_an_error_and_asks_for_nothing(self):
        for name, (page, _) in self.pages.items():
            self.open(name)
            expect(self.browser.console(), [], f"console of {name}")
            asked = self.browser.js("return performance.getEntriesByType('resource').map((entry) => entry.name)")
            expect([one for one in asked if not one.startswith("data:")], [], f"requests of {name}")
            if name not in ("large", "matrix", "hostile-matrix"):
                require(page.stat().st_size < 2_000_000, f"{name} is larger than 2 MB")

    def fits_a_phone(self):
        for name in self.pages:
            for scheme in ("light", "dark"):
                self.open(name, size=PHONE, scheme=scheme)
                self.browser.js("document.getElementById('text').open = true")
                width = self.browser.js("return document.documentElement.scrollWidth")
                require(width <= PHONE[0], f"{name} is {width} px wide")

    def follows_the_scheme_with_contrast(self):
        script = """
            const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
            const style = getComputedStyle(document.documentElement);
            const light = (color) => {
              canvas.fillStyle = color;
              canvas.fillRect(0, 0, 1, 1);
              return Array.from(canvas.getImageData(0, 0, 1, 1).data).slice(0, 3).map((part) => part / 255)
                .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
                .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
            };
            const ratios = {};
            for (const surface of ["surface", "raised"]) {
              for (const ink of ["text", "muted", "bad", "warn", "accent", "preempt", "freeze", "rcu"]) {
                const pair = [surface, ink].map((name) => light(style.getPropertyValue("--" + name).trim()));
                ratios[`${ink} on ${surface}`] = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
              }
            }
            return [light(getComputedStyle(document.documentElement).backgroundColor), ratios];"""
        for scheme in ("light", "dark"):
            self.open("violation", scheme=scheme)
            background, ratios = self.browser.js(script)
            require(background > 0.8 if scheme == "light" else background < 0.05, f"the background is not {scheme}")
            poor = {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5}
            expect(poor, {}, f"contrast in {scheme}")

    def names_all_it_has_for_those_who_do_not_see(self):
        for name in ("violation", "soak", "matrix"):
            self.open(name)
            nodes = self.browser.cdp("Accessibility.getFullAXTree")["nodes"]
            roles = {"button", "slider", "switch", "grid", "region", "dialog"}
            bare = [
                node["role"]["value"] for node in nodes
                if not node["ignored"] and node["role"]["value"] in roles and not node.get("name", {}).get("value")
            ]
            expect(bare, [], f"what has no name in {name}")

    def shows_the_text_without_scripts(self):
        self.browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
        try:
            self.browser.look()
            self.browser.driver.get(self.pages["violation"][0].as_uri())
            text = self.browser.find("#text pre").text
            require("Interleaving of the minimised schedule" in text and "FAIL MAP-1" in text, "no text is seen")
        finally:
            self.browser.cdp("Emulation.setScriptExecutionDisabled", value=False)

    # An interleaving

    def begins_at_the_step_that_broke_the_rule(self):
        record = self.open("violation")
        expect(self.browser.step(), interleaving(record)["violationStep"], "the chosen step")
        require("✗ MAP-1: breaks the rule" in self.browser.text(".explorer .now"), "the step is not marked")

    def steps_with_keys_slider_and_click(self):
        record = self.open("violation")
        told = interleaving(record)
        steps = [row["step"] for row in told["rows"]
                 if row["matters"] or row["changesSpte"] or row["step"] == told["violationStep"]]
        browser = self.browser
        browser.keys(Keys.HOME)
        expect(browser.step(), steps[0], "Home")
        browser.keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
        expect(browser.step(), steps[2], "two steps on")
        browser.keys(Keys.ARROW_LEFT)
        expect(browser.step(), steps[1], "one step back")
        browser.keys(Keys.END, Keys.ARROW_RIGHT)
        expect(browser.step(), steps[-1], "End")
        browser.find(".bar input[type=range]").send_keys(Keys.ARROW_LEFT)
        browser.later("await frames()")
        expect(browser.step(), steps[-2], "the slider")
        browser.keys("v")
        expect(browser.step(), told["violationStep"], "v")
        browser.keys("a", Keys.HOME, Keys.ARROW_RIGHT)
        expect(browser.step(), told["rows"][1]["step"], "all steps")
        browser.keys("a")
        canvas = browser.find(".timeline canvas")
        browser.js("arguments[0].scrollIntoView({ block: 'center' })", canvas)
        # The head of the first column: offsets count from the middle.
        x, y = 150 - canvas.size["width"] // 2, 10 - canvas.size["height"] // 2
        middle = ActionChains(browser.driver).move_to_element_with_offset(canvas, x, y)
        middle.perform()
        require(browser.js("return !document.querySelector('.tip').hidden"), "no details below the pointer")
        require(f"step {steps[0]}" in browser.text(".tip"), "the details are of another step")
        middle.click().perform()
        browser.later("await frames()")
        expect(browser.step(), steps[0], "a click")
        browser.js("document.querySelectorAll('.steps .lines .line')[2].click()")
        browser.later("await frames()")
        expect(browser.step(), steps[2], "a click on a line")

    def shows_whole_functions_and_both_entries_at_any_width(self):
        for width in (1400, 1000, PHONE[0]):
            self.open("functions", size=(width, 900))
            beyond = self.browser.js(
                "const steps = document.querySelector('.steps'); return steps.scrollWidth - steps.clientWidth")
            require(beyond <= 0, f"at {width} pixels {beyond} of the steps are out of sight")
            cut = self.browser.js(
                "return [...document.querySelectorAll('.lines .line > *')].filter((cell) => "
                "cell.scrollWidth > cell.clientWidth + 1 || cell.scrollHeight > cell.parentElement.clientHeight + 1)"
                ".map((cell) => cell.textContent)")
            expect(cut, [], f"cells that are cut at {width} pixels")

    def leads_to_a_step_by_its_address(self):
        self.open("violation")
        self.browser.keys(Keys.HOME, Keys.ARROW_RIGHT)
        step = self.browser.step()
        address = self.browser.js("return location.href")
        self.browser.driver.get("about:blank")
        self.browser.driver.get(address)
        self.browser.wait(lambda: self.browser.step() == step)

    def shows_the_tables_after_every_step(self):
        script = """
            const [steps] = arguments;
            const explorer = document.querySelector(".explorer");
            const all = explorer.querySelector("input[role=switch]");
            if (!all.checked && !all.disabled) all.click();
            const slider = explorer.querySelector("input[type=range]");
            const seen = [];
            for (let column = 0; column < steps; column += 1) {
              slider.value = column;
              slider.dispatchEvent(new Event("input"));
              await frames();
              const lines = {};
              for (const tree of explorer.querySelectorAll(".tree")) {
                const names = Array.from(tree.querySelectorAll("thead th")).slice(1)
                  .map((head) => head.textContent.replace(" SPTE", ""));
                for (const row of tree.querySelectorAll("tbody tr")) {
                  const [level, gfn] = row.querySelector("th").textContent.split(" ");
                  row.querySelectorAll("td").forEach((cell, index) => {
                    if (cell.firstChild) lines[`${names[index]} ${gfn} ${level}`] = cell.firstChild.textContent;
                  });
                }
              }
              seen.push(lines);
            }
            return seen;"""
        levels = {1: "4K", 2: "2M", 3: "1G", 4: "512G"}
        for name in ("violation", "mirror", "bridged"):
            told = interleaving(self.open(name))
            count = min(len(told["rows"]), 80)
            seen = self.browser.later(script, count)

            def place(entry):
                return f"{entry['table']} {entry['gfn']} {levels[entry['level']]}"

            state = {place(entry): entry["value"] for entry in told["entries"]}
            for row, lines in zip(told["rows"][:count], seen):
                changed = set()
                for change in row.get("changes", []):
                    state[place(change)] = change["new"]
                    changed.add(place(change))
                for key, value in state.items():
                    mark = "*" if key in changed else ""
                    expect(lines.get(key), mark + value, f"{name}, step {row['step']}, {key}")

    def copies_the_replay_command(self):
        record = self.open("violation")
        browser = self.browser
        browser.cdp("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        button = browser.find("button.copy")
        button.click()
        browser.wait(lambda: button.text == "Copied", seconds=10)
        token = record["violations"][0]["reproduction"]["token"]
        expect(browser.later("return navigator.clipboard.readText()"), f"stress replay {token}", "the clipboard")

    # Other pages

    def shows_what_a_soak_measured(self):
        record = self.open("soak")
        text = self.browser.text("main")
        for row in record["outcomes"]:
            require(f"{row['count']:,}" in text, f"the count of {row['operation']} {row['outcome']} is missing")
        expect(self.browser.js("return document.querySelectorAll('tbody .latency').length"),
               len(record["timing"]["latencies"]), "plots")

    def opens_a_cell_of_a_matrix(self):
        self.open("matrix")
        browser = self.browser
        first = browser.find(".grid tbody button[tabindex='0']")
        first.send_keys(Keys.ARROW_DOWN)
        label = browser.js("return document.activeElement.ariaLabel")
        require(label and label != first.get_attribute("aria-label"), "an arrow key leads to no other cell")
        browser.find(".grid button.broken").click()
        browser.wait(lambda: browser.step() is not None)
        require("stress replay " in browser.text("dialog"), "the dialog has no command")
        before = browser.step()
        browser.keys(Keys.HOME, Keys.ARROW_RIGHT)
        require(browser.step() != before, "arrow keys do not step in the dialog")
        width = browser.js("return [document.querySelector('dialog').scrollWidth, innerWidth]")
        require(width[0] <= width[1], "the dialog is too wide")
        browser.keys(Keys.ESCAPE)
        browser.wait(lambda: browser.js("return document.querySelector('dialog') === null"))

    # What no run makes

    def shows_markup_as_text(self):
        for name in ("hostile", "hostile-matrix"):
            self.open(name)
            browser = self.browser
            browser.js("document.getElementById('text').open = true")
            if name == "hostile-matrix":
                browser.js("document.querySelector('.grid button.wrong, .grid button.broken').click()")
            browser.later("await frames(); await new Promise((done) => setTimeout(done, 200))")
            require("owned" not in browser.driver.title.replace(HOSTILE, ""), f"{name}: a text was run")
            expect(browser.js("return document.querySelectorAll('img, svg[onload]').length"), 0, f"{name}: elements")
            require(HOSTILE in browser.js("return document.querySelector('main').textContent"), f"{name}: no text")
            expect(browser.console(), [], f"console of {name}")

    def steps_through_100_000_rows(self):
        begin = time.monotonic()
        self.open("large")
        opened = time.monotonic() - begin
        browser = self.browser
        milliseconds = browser.later("""
            const begin = performance.now();
            for (let count = 0; count < 50; count += 1) {
              document.querySelector(".bar button").click();
              await frames();
            }
            return performance.now() - begin;""")
        expect(browser.step(), LARGE - 60, "50 steps back")
        nodes = browser.js("return document.querySelectorAll('*').length")
        print(f"  opened in {opened:.1f} s, {milliseconds / 50:.0f} ms a step of two frames, {nodes} elements")
        require(opened < 60, "it opens too slowly")
        require(milliseconds / 50 < 1000, "a step takes too long")
        require(nodes < 5000, "lines that are out of sight are in the page")

    # Pictures

    def pictures(self):
        looks = [
            ("violation", DESKTOP, "light"), ("violation", DESKTOP, "dark"), ("violation", PHONE, "light"),
            ("functions", (1400, 900), "light"), ("functions", (1000, 900), "light"), ("functions", PHONE, "light"),
            ("mirror", DESKTOP, "light"), ("soak", DESKTOP, "light"), ("matrix", DESKTOP, "light"),
            ("large", DESKTOP, "light"),
        ]
        for name, size, scheme in looks:
            self.open(name, size=size, scheme=scheme)
            height = min(self.browser.js("return document.documentElement.scrollHeight"), 3000)
            self.browser.look((size[0], height), scheme)
            self.browser.later("await frames()")
            self.browser.driver.save_screenshot(f"{self.shots}/{name}-{size[0]}-{scheme}.png")


def main():
    parser = ends.Parser("html-check", description=__doc__)
    parser.add_argument("tool")
    parser.add_argument("--shots", help="a directory for pictures of the pages")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        pages = Pages(options.tool, directory)
        browser = Browser()
        with contextlib.ExitStack() as stack:
            stack.callback(browser.driver.quit)
            checks = Checks(browser, pages, options.shots)
            names = [name for name, value in vars(Checks).items() if callable(value) and name[0] != "_"]
            for name in names:
                if name == "open" or name == "pictures" and not options.shots:
                    continue
                try:
                    getattr(checks, name)()
                    print(f"ok: a page {name.replace('_', ' ')}")
                except Exception as error:  # pylint: disable=broad-except
                    failed += 1
                    print(f"FAILED: a page {name.replace('_', ' ')}: {error}")
                    if not isinstance(error, AssertionError):
                        traceback.print_exc()
    return 1 if failed else 0


ends.run("html-check", main)

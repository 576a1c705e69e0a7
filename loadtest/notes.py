"""The report's standing texts: what its figures mean, and what the articles' columns were."""

import re

from plots import escape


def inline(text):
    """Escaped, with `code` marked."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


COST = (
    "<p>User and system time of all threads and processes of the server over its answers, from the kernel's accounting. It "
    "depends less on the client than requests per second do, and is the figure to watch where both share the cores. On "
    "loopback the thread that sends also runs the receiver's TCP input.</p>"
)

COLUMNS = (
    "<p class=soft><code>/hello</code> with keep-alive where nothing else is said. p99: open loop at half of the server's own "
    "maximum. Errors: all closed loops together. Connect: ab without keep-alive. Reused: ab with it. MiB: resident, with that "
    "many active connections. What these columns were in the articles stands at the end.</p>"
)

RAMP = (
    "<p class=soft>wrk with that many connections, all asking at once; that they were there is counted by the "
    "server's descriptors. Resident memory is the greatest that was seen meanwhile, all processes of a server added up; bytes a connection are its growth from 1,000 to 15,000 over those that came. What "
    "the kernel keeps for a socket (about 4 KB at either end) is not part of it.</p>"
)

BURST = (
    "<p>A steady client asks at a tenth of the server's own maximum; after 2 s another one adds nine times that for 10 s, "
    "so that both together offer the maximum. The floor, Troupe and the study's seven. "
    "Recovery is the time from the burst's end until every later quarter second has a p99 of at most twice the usual (or 2 ms).</p>"
)


DISTURBED = (
    "<p class=soft>A run in which the host took more than 2 % of the time away, or other processes used more than 5 % of the "
    "machine, was repeated at most twice, as long as a quarter of the part's runs had not been repeated. These are the runs that "
    "were kept all the same, the least disturbed of each; memory and bursts were not repeated.</p>"
)


def latency(version):
    return (
        f"<p>wrk and ab are closed loops: a slow answer silences the client, and the wait that others would have had is "
        f"never counted. So all times here come from an open loop, oha {escape(version)}, which sends at a fixed rate and "
        "times each request from when its turn came. Histograms are merged over the rounds; no percentile "
        "was averaged. Half of the maximum was offered in every round, the other shares in the first and for half as "
        "long. oha's clock ticks in milliseconds: requests come in small batches, and part of each time is the wait "
        "for those before it, for every server alike.</p>"
        "<p><b>Maximum</b> is what this generator gets answered in a second when it offers what its own closed loop reached, each "
        "answer counted when it came. It is the median of three tries. It is below "
        "wrk's figure, as oha costs more CPU a request and has the same cores. <i>held</i> says whether at least 97 % of the "
        "offered rate was answered in every round, and 99 % of what fell due has its time here; where not, a queue grew, and the end of the run cut its tail.</p>"
    )


def stall(data):
    late, naive = data["corrected"]["100 ms"], data["service_time"]["100 ms"]
    expected = data["rate"] * (data["stall_seconds"] - 0.1)
    verdict = "It counts a stall" if not data["faults"] else "It does NOT count a stall as it should"
    return (
        f"{verdict}: with Troupe stopped for {data['stall_seconds'] * 1e3:.0f} ms at {data['rate']:,} requests a second, "
        f"about {expected:,.0f} must wait longer than 100 ms. Timed from when they were due {late:,} did; timed from when "
        f"they were sent {naive:,}."
    )


ARTICLES = """<h2>What the articles' columns were</h2>
<p>The two articles behind this ranking quote one study: a single i9-14900KF desktop, client and server on loopback, each
command run once, nothing pinned. Its tool output is public, and the columns do not always hold what their heads say.</p>
<ul>
<li><b>P99</b> was wrk's standard deviation of latency. The study recorded no percentile for wrk at all. Here p99 is a
percentile, of an open loop.</li>
<li><b>Mean latency</b> came from wrk, which adds invented samples after a stall: means above connections / throughput say that
there were pauses of 200 ms and more. In a closed loop the mean is connections / throughput, and that is what stands here; with
short connections it includes connecting, which wrk leaves out.</li>
<li><b>Memory</b> and <b>CPU</b>, and the test with a million connections, have no source in the study. Here both are measured.</li>
<li><b>Transfer rate</b> ranks the size of the head: answers had 93 to 239 bytes for the same five of body. Bytes an answer stand
beside it here, and the fair set answers the same bytes.</li>
<li><b>Connection set-up</b> was, for ab, the spread of ab's connect line, and for wrk in two cases the deviation of latency and in five
nothing that can be traced. Here it is the mean of ab's connect line, without keep-alive.</li>
<li><b>Errors</b>: Node's 81 % came from the test program. It froze its head before a length was known, said keep-alive to an HTTP/1.0
client and closed all the same, and ab asked again on a dead connection. The program here sends a length.</li>
<li><b>Who did what</b>: the Tokio and standard library programs wrote a constant as soon as a head ended, without a look at
method or path, with 8 threads, a thread a connection, 32 or 1, as each came. The table above says what each reads; here all
have as many workers as there are cores, except the one with a thread for each connection, which is what it is.</li>
<li>ab is one thread, and wrk had two: several of the study's differences are the client's limit, or noise of 3 to 5 %.</li>
</ul>
"""

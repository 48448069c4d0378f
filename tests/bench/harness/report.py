"""The results as Markdown."""


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def number(value, digits=1):
    return f"{value:,.{digits}f}"


def find(rows, server, mode, connections):
    wanted = (server, mode, connections)
    return next((row for row in rows if (row["server"], row["mode"], row["connections"]) == wanted), None)


def render_main(rows):
    head = ["load", "server", "CPU us per request (least)", "ratio to nginx", "requests/s", "p50 ms", "p99 ms", "p99.9 ms",
            "generator: us per request", "generator: % of machine", "others: %"]
    lines = []
    for row in sorted(rows, key=lambda row: (row["mode"], row["connections"], row["server"] != "nginx")):
        baseline = find(rows, "nginx", row["mode"], row["connections"])
        ratio = number(row["cpu_us"] / baseline["cpu_us"], 2) if baseline else ""
        mark = " (noisy)" if row["noisy_rounds"] else ""
        lines.append([f"{row['mode']}, {row['connections']}", row["server"] + mark,
                      f"{number(row['cpu_us'])} ({number(row['cpu_us_best'])})", ratio, number(row["rps"], 0),
                      *(number(row[key] / 1000, 2) for key in ("p50_us", "p99_us", "p99_9_us")), number(row["own_cpu_us"]),
                      number(row["own_share"] * 100, 0), number(row["others_share"] * 100)])
    return table(head, lines)


def render_facts(results):
    rows = [[f"KiB per idle connection, {name}", number(kib)] for name, kib in results.get("idle_kib", {}).items()]
    for name, row in results.get("half_rate", {}).items():
        rows.append([f"p99 ms at {row['rate']:,}/s (half of the most), 256 connections, {name}", number(row["p99_us"] / 1000, 2)])
    if "start_ms" in results:
        rows.append(["ms from start to first token, 10 clients", number(results["start_ms"], 0)])
    if "memory" in results:
        memory = results["memory"]
        rows.append([f"RSS MB after {memory['tokens']:,} tokens", number(memory["rss_after_kib"] / 1024)])
    return table(["figure", "value"], rows) if rows else ""


def render_clients(rows):
    head = ["registered", "CPU us per token (least)", "RSS MB", "p99 ms", "ms from start to first token"]
    return table(head, [[row["server"], f"{number(row['cpu_us'])} ({number(row['cpu_us_best'])})",
                         number(row["rss_kib"] / 1024), number(row["p99_us"] / 1000, 2), number(row["start_ms"], 0)]
                        for row in rows])


def render_checks(rows):
    head = ["asked, 16 connections", "CPU us per answer (least)", "ratio to nginx", "answers/s", "answers/s of 2 CPUs", "p50 ms", "p99 ms",
            "generator: us per answer"]
    baseline = find(rows, "nginx", "keepalive", 16)
    return table(head, [[row["server"] + (" (noisy)" if row["noisy_rounds"] else ""),
                         f"{number(row['cpu_us'])} ({number(row['cpu_us_best'])})", number(row["cpu_us"] / baseline["cpu_us"], 2),
                         number(row["rps"], 0), number(2e6 / row["cpu_us"], 0), number(row["p50_us"] / 1000, 2),
                         number(row["p99_us"] / 1000, 2), number(row["own_cpu_us"])] for row in rows])


def render_proofs(rows):
    head = ["proof, keepalive, 16 connections", "CPU us per token (least)", "ratio to mTLS", "ratio to nginx", "tokens/s", "p50 ms", "p99 ms",
            "RSS MB", "generator: us per token", "others: %"]
    mutual_tls, nginx = (find(rows, server, "keepalive", 16) for server in ("mTLS", "nginx"))
    return table(head, [[row["server"] + (" (noisy)" if row["noisy_rounds"] else ""),
                         f"{number(row['cpu_us'])} ({number(row['cpu_us_best'])})", number(row["cpu_us"] / mutual_tls["cpu_us"], 2),
                         number(row["cpu_us"] / nginx["cpu_us"], 2), number(row["rps"], 0), number(row["p50_us"] / 1000, 2),
                         number(row["p99_us"] / 1000, 2), number(row["rss_kib"] / 1024), number(row["own_cpu_us"]),
                         number(row["others_share"] * 100)] for row in rows])


def dearest_decision(rows):
    """CPU us of the verifier's dearest kind of decision."""
    return max(row["cpu_us"] for row in rows if row["server"].startswith("decision"))


def targets(results):
    """Name, value, limit: the targets of docs/BENCHMARKS.md. None where a part was left out."""
    if not all(part in results for part in ("main", "memory", "start_ms", "idle_kib", "checks")):
        return []
    main = results["main"]
    kept = find(main, "certbound", "keepalive", 16)
    new = find(main, "certbound", "new", 16)
    new_baseline = find(main, "nginx", "new", 16)
    if not (kept and new and new_baseline):
        return []
    return [("CPU us per token, keep-alive, 16 connections", kept["cpu_us"], 60),
            ("CPU of a new connection, ratio to nginx", new["cpu_us"] / new_baseline["cpu_us"], 0.85),
            ("RSS MB after the tokens", results["memory"]["rss_after_kib"] / 1024, 60),
            ("ms from start to first token", results["start_ms"], 1000),
            ("KiB per idle connection", results["idle_kib"]["certbound"], 90),
            ("CPU us of the dearest decision of a verifier (20,000/s on 2 CPUs)", dearest_decision(results["checks"]), 100)]


def render_micro(rows):
    return table(["function", "us"], [[row["name"], number(row["cpu_ns"] / 1000, 2)] for row in rows])


def render(results):
    machine = results["machine"]
    parts = [f"{machine['cpus']} CPUs ({machine['cpu']}), Linux {machine['kernel']}, {machine['openssl']}, {machine['nginx']}; "
             f"medians of {results['rounds']} rounds; {results['discarded_samples']} samples discarded.\n"]
    for when, speeds in results.get("calibration", {}).items():
        parts.append(f"ES256 signatures per second {when} the run: {number(speeds['1'], 0)} by one process, "
                     f"{number(speeds['2'], 0)} by two.\n")
    renderers = {"main": render_main, "proofs": render_proofs, "checks": render_checks}
    parts += [render_rows(results[part]) for part, render_rows in renderers.items() if part in results]
    if facts := render_facts(results):
        parts.append(facts)
    if "clients" in results:
        parts.append(render_clients(results["clients"]))
    if not results["quick"] and (found := targets(results)):
        parts.append(table(["target", "measured", "at most", ""], [
            [name, number(value, 2), limit, "met" if value <= limit else "MISSED"] for name, value, limit in found]))
    if results.get("micro"):
        parts.append(render_micro(results["micro"]))
    return "\n".join(parts)

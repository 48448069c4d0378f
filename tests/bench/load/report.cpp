#include "report.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include <nlohmann/json.hpp>

namespace certbound::load {

namespace {

using Json = nlohmann::ordered_json;

double to_us(std::chrono::nanoseconds value) { return static_cast<double>(value.count()) / 1000; }

double per_answer_us(const Sample& sample, std::uint64_t cpu_ns) {
  return static_cast<double>(cpu_ns) / 1000 / static_cast<double>(std::max<std::uint64_t>(sample.tally.answered, 1));
}

std::string name(Mode mode) {
  switch (mode) {
    case Mode::keepalive:
      return "keepalive";
    case Mode::new_connection:
      return "new";
    case Mode::idle:
      return "idle";
  }
  return {};
}

Json errors_of(const Sample& sample) {
  Tally all = sample.before;
  all.merge(sample.tally);
  Json errors = Json::object();
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (all.faults.at(i) == 0) continue;
    errors[std::string{load::name(static_cast<Fault>(i))}] = {{"count", all.faults.at(i)},
                                                              {"example", all.examples.at(i)}};
  }
  return errors;
}

Json to_json(const Options& options, const Sample& sample) {
  const Histogram& latency = sample.tally.latency;
  Json report{{"mode", name(options.mode)},
              {"connections", options.connections},
              {"threads", options.threads},
              {"seconds", sample.seconds},
              {"answered", sample.tally.answered},
              {"requests_per_second", static_cast<double>(sample.tally.answered) / std::max(sample.seconds, 1e-9)},
              {"latency_us",
               {{"p50", to_us(latency.quantile(0.5))},
                {"p99", to_us(latency.quantile(0.99))},
                {"p99_9", to_us(latency.quantile(0.999))},
                {"maximum", to_us(latency.maximum())}}},
              {"handshakes", sample.tally.handshakes},
              {"reopened", sample.tally.reopened},
              {"tokens_decoded", sample.tally.tokens_decoded + sample.before.tokens_decoded},
              {"own_cpu_us_per_request", per_answer_us(sample, sample.own_cpu_ns)},
              {"own_cpu_share", sample.own_share},
              {"others_cpu_share", sample.others_share},
              {"was_cut", sample.was_cut},
              {"failures", count_failures(sample)},
              {"errors", errors_of(sample)}};
  if (options.rate > 0) report["rate"] = options.rate;
  if (sample.has_server) {
    report["server_processes"] = sample.server_processes;
    report["server_cpu_us_per_request"] = per_answer_us(sample, sample.server_cpu_ns);
    report["server_cpu_share"] = sample.server_share;
    report["server_rss_before_kib"] = sample.rss_before_kib;
    report["server_rss_after_kib"] = sample.rss_after_kib;
  }
  if (options.mode == Mode::idle) report["kib_per_idle_connection"] = sample.idle_kib;
  return report;
}

std::string to_text(const Json& report) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1);
  const auto number = [&report](const char* key) { return report.at(key).get<double>(); };
  const auto& latency = report.at("latency_us");
  out << report.at("mode").get<std::string>() << ", " << report.at("connections") << " connections, "
      << number("seconds") << " s: " << report.at("answered") << " answers, " << report.at("failures") << " failures\n";
  out << "  requests per second   " << number("requests_per_second") << '\n';
  out << "  latency us            p50 " << latency.at("p50").get<double>() << "  p99 "
      << latency.at("p99").get<double>() << "  p99.9 " << latency.at("p99_9").get<double>() << "  max "
      << latency.at("maximum").get<double>() << '\n';
  if (report.contains("server_processes")) {
    out << "  server CPU            " << number("server_cpu_us_per_request") << " us per request, "
        << number("server_cpu_share") * 100 << " % of the machine\n";
    out << "  server memory         " << report.at("server_rss_before_kib") << " KiB before, "
        << report.at("server_rss_after_kib") << " KiB after\n";
  }
  out << "  generator CPU         " << number("own_cpu_us_per_request") << " us per request, "
      << number("own_cpu_share") * 100 << " % of the machine; others " << number("others_cpu_share") * 100 << " %\n";
  out << "  handshakes " << report.at("handshakes") << ", reopened " << report.at("reopened") << ", tokens decoded "
      << report.at("tokens_decoded") << '\n';
  if (report.contains("kib_per_idle_connection")) {
    out << "  idle connection       " << number("kib_per_idle_connection") << " KiB\n";
  }
  if (report.at("was_cut").get<bool>()) out << "  ended before its time: out of time, or too many errors\n";
  for (const auto& [fault, facts] : report.at("errors").items()) {
    out << "  error " << fault << ": " << facts.at("count") << ", first: " << facts.at("example").get<std::string>()
        << '\n';
  }
  return out.str();
}

}  // namespace

std::uint64_t count_failures(const Sample& sample) {
  return sample.before.failed() + sample.tally.failed() + (sample.was_cut ? 1U : 0U);
}

std::string render_report(const Options& options, const Sample& sample) {
  const Json report = to_json(options, sample);
  if (options.format == Format::text) return to_text(report);
  return report.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + '\n';
}

}  // namespace certbound::load

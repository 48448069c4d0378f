#include "options.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <netinet/in.h>
#include <sstream>

#include <CLI/CLI.hpp>

namespace certbound::load {

namespace {

constexpr int kWrongUsage = 2;
constexpr int kCouldNotRun = 3;

bool is_loopback(int family, const std::string& ip) {
  if (family == AF_INET) {
    in_addr address{};
    return inet_pton(AF_INET, ip.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127;
  }
  in6_addr address{};
  in6_addr loopback = IN6ADDR_LOOPBACK_INIT;
  return inet_pton(AF_INET6, ip.c_str(), &address) == 1 &&
         std::equal(std::begin(address.s6_addr), std::end(address.s6_addr), std::begin(loopback.s6_addr));
}

Result<std::string> load_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return internal_error(path + ": cannot be read, or is empty");
  return text.str();
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream input{text};
  for (std::string line; std::getline(input, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

/// What CLI11 hands over as text and finish() turns into Options.
struct RawOptions {
  std::string connect;
  std::string body;
  std::string client_ids_file;
  std::string mode = "keepalive";
  std::string check = "none";
  bool json = false;
  double duration = 5;
  double timeout = 10;
  double max_seconds = 120;
};

void declare_target(CLI::App& app, Options& options, RawOptions& raw) {
  app.add_option("--connect", raw.connect, "IP:PORT on this machine (127.0.0.0/8 or [::1])")->required();
  app.add_option("--host", options.host, "name in SNI, in the server's certificate and in the Host field")
      ->capture_default_str();
  app.add_option("--path", options.path)->capture_default_str();
  app.add_option("--method", options.method)->check(CLI::IsMember({"GET", "POST"}))->capture_default_str();
  app.add_option("--body", raw.body, "form, or @FILE; {client_id} stands for the next of --client-ids");
  app.add_option("--client-ids", raw.client_ids_file, "file with one client_id a line, used in turn");
  app.add_option("--cert", options.certificate_file, "client certificate, PEM, leaf first");
  app.add_option("--key", options.key_file, "its private key, PEM");
  app.add_option("--ca", options.ca_file, "PEM; the server certificate must chain to it")->required();
  app.add_option("--server-pid", options.server_pids, "process whose CPU and memory count, with its children")
      ->delimiter(',');
}

void declare_load(CLI::App& app, Options& options, RawOptions& raw) {
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 20000))->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--mode", raw.mode, "keepalive, new or idle")
      ->check(CLI::IsMember({"keepalive", "new", "idle"}))
      ->capture_default_str();
  app.add_option("--requests", options.requests, "how many; 0: for --duration")->capture_default_str();
  app.add_option("--duration", raw.duration, "seconds")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--warmup", options.warmup, "requests before the sample")->capture_default_str();
  app.add_option("--rate", options.rate, "requests per second on a schedule; 0: as fast as answers come")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--timeout", raw.timeout, "seconds for one request")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--max-seconds", raw.max_seconds, "ends by itself then, as a failure")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--check", raw.check, "token: each answer is a token bound to --cert")
      ->check(CLI::IsMember({"none", "token"}))
      ->capture_default_str();
  app.add_flag("--json", raw.json);
}

Result<void> load_inputs(Options& options, const RawOptions& raw) {
  options.body = raw.body;
  if (raw.body.starts_with('@')) {
    auto body = load_text(raw.body.substr(1));
    if (!body) return std::move(body).error();
    options.body = *std::move(body);
  }
  if (raw.client_ids_file.empty()) return {};
  auto ids = load_text(raw.client_ids_file);
  if (!ids) return std::move(ids).error();
  options.client_ids = split_lines(*ids);
  return {};
}

Result<void> finish(Options& options, const RawOptions& raw) {
  static const std::map<std::string, Mode> modes{
      {"keepalive", Mode::keepalive}, {"new", Mode::new_connection}, {"idle", Mode::idle}};
  auto endpoint = parse_endpoint(raw.connect);
  if (!endpoint) return std::move(endpoint).error();
  options.endpoint = *std::move(endpoint);
  options.mode = modes.at(raw.mode);
  options.check = raw.check == "token" ? Check::token : Check::none;
  options.format = raw.json ? Format::json : Format::text;
  options.duration = std::chrono::duration<double>{raw.duration};
  options.timeout = std::chrono::duration<double>{raw.timeout};
  options.max_time = std::chrono::duration<double>{raw.max_seconds};
  if (auto loaded = load_inputs(options, raw); !loaded) return loaded;
  if (options.certificate_file.empty() != options.key_file.empty())
    return invalid_input("--cert and --key go together");
  if (options.check == Check::token && options.certificate_file.empty())
    return invalid_input("--check token needs --cert");
  if (options.threads > options.connections) return invalid_input("--threads is larger than --connections");
  const bool has_template = options.body.find("{client_id}") != std::string::npos;
  if (has_template == options.client_ids.empty())
    return invalid_input("{client_id} in --body and --client-ids go together");
  if (options.mode == Mode::idle && options.server_pids.empty()) return invalid_input("--mode idle needs --server-pid");
  return {};
}

}  // namespace

Result<Endpoint> parse_endpoint(const std::string& text) {
  Endpoint endpoint{.text = text, .ip = {}, .port = 0, .family = AF_INET};
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return invalid_input(text + ": write IP:PORT");
  endpoint.ip = text.substr(0, colon);
  if (endpoint.ip.starts_with('[') && endpoint.ip.ends_with(']')) {
    endpoint.family = AF_INET6;
    endpoint.ip = endpoint.ip.substr(1, endpoint.ip.size() - 2);
  }
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data() + colon + 1, end, endpoint.port);
  if (fault != std::errc{} || stop != end || endpoint.port == 0) return invalid_input(text + ": not a port");
  if (!is_loopback(endpoint.family, endpoint.ip)) {
    return invalid_input(text + ": not a loopback address; the generator loads this machine only");
  }
  return endpoint;
}

ParsedOptions parse_options(int argc, const char* const* argv) {
  Options options;
  RawOptions raw;
  CLI::App app{"Loads an HTTPS server on this machine with client-certificate requests and reports what each costs."};
  declare_target(app, options, raw);
  declare_load(app, options, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {.options = std::nullopt, .status = app.exit(error) == 0 ? 0 : kWrongUsage};
  }
  if (auto finished = finish(options, raw); !finished) {
    std::cerr << "certbound_load: " << finished.error().detail << '\n';
    return {.options = std::nullopt,
            .status = finished.error().code == ErrorCode::server_error ? kCouldNotRun : kWrongUsage};
  }
  return {.options = std::move(options), .status = 0};
}

}  // namespace certbound::load

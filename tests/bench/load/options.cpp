#include "options.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <netinet/in.h>
#include <sstream>
#include <sys/un.h>

#include <CLI/CLI.hpp>

#include "text_template.hpp"

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
  std::string tokens_file;
  std::string mode = "keepalive";
  std::string check = "none";
  bool plain = false;
  bool json = false;
  double duration = 5;
  double timeout = 10;
  double max_seconds = 120;
};

void declare_target(CLI::App& app, Options& options, RawOptions& raw) {
  app.add_option("--connect", raw.connect, "IP:PORT on this machine (127.0.0.0/8 or [::1]), or unix:PATH")->required();
  app.add_flag("--plain", raw.plain, "without TLS");
  app.add_option("--host", options.host, "name in SNI, in the server's certificate and in the Host field")
      ->capture_default_str();
  app.add_option("--path", options.path)->capture_default_str();
  app.add_option("--method", options.method)->check(CLI::IsMember({"GET", "POST"}))->capture_default_str();
  app.add_option("--header", options.headers, "'Name: value'; any number of times")->allow_extra_args(false);
  app.add_option(
      "--body", raw.body,
      "form, or @FILE. Here, in --header and in --contains {client_id} stands for the next of --client-ids, "
      "{token} and {token_id} for the next of --tokens; here and in --header {assertion} and {proof} for new "
      "ones");
  app.add_option("--client-ids", raw.client_ids_file, "file with one client_id a line, used in turn");
  app.add_option("--tokens", raw.tokens_file, "file with a token a line, a blank and its id behind it; used in turn");
  app.add_option("--cert", options.certificate_file, "client certificate, PEM, leaf first");
  app.add_option("--key", options.key_file, "its private key, PEM");
  app.add_option("--ca", options.ca_file, "PEM; the server certificate must chain to it");
  app.add_option("--assertion-key", options.assertion_key_file,
                 "PEM, P-256: signs a client assertion for each request");
  app.add_option("--audience", options.audience, "of client assertions: the server's issuer");
  app.add_option("--dpop-key", options.dpop_key_file, "PEM, P-256: signs a DPoP proof for each request");
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
  app.add_option("--check", raw.check,
                 "token: each answer is a token bound to --cert and --dpop-key, or not bound without them")
      ->check(CLI::IsMember({"none", "token"}))
      ->capture_default_str();
  app.add_option("--status", options.status, "what each answer must have")
      ->check(CLI::Range(100, 599))
      ->capture_default_str();
  app.add_option("--contains", options.contains, "what must stand in each answer, header or body; any number of times")
      ->allow_extra_args(false);
  app.add_flag("--json", raw.json);
}

Result<void> load_inputs(Options& options, const RawOptions& raw) {
  options.body = raw.body;
  if (raw.body.starts_with('@')) {
    auto body = load_text(raw.body.substr(1));
    if (!body) return std::move(body).error();
    options.body = *std::move(body);
  }
  if (!raw.client_ids_file.empty()) {
    auto ids = load_text(raw.client_ids_file);
    if (!ids) return std::move(ids).error();
    options.client_ids = split_lines(*ids);
  }
  if (raw.tokens_file.empty()) return {};
  auto tokens = load_text(raw.tokens_file);
  if (!tokens) return std::move(tokens).error();
  for (const std::string& line : split_lines(*tokens)) {
    const std::size_t end = std::min(line.find(' '), line.size());
    options.tokens.push_back({line.substr(0, end), line.substr(std::min(end + 1, line.size()))});
  }
  return {};
}

/// Nothing that a placeholder stands for is missing, and nothing was given in vain.
Result<void> check_placeholders(const Options& options) {
  std::vector<std::string> sent = options.headers;
  sent.push_back(options.body);
  const auto names = [](const std::vector<std::string>& texts, TextTemplate::Member what) {
    return std::any_of(texts.begin(), texts.end(),
                       [&](const std::string& text) { return TextTemplate{text}.names(what); });
  };
  if (names(sent, &Values::client_id) == options.client_ids.empty())
    return invalid_input("{client_id} in --body or --header and --client-ids go together");
  if ((names(sent, &Values::token) || names(sent, &Values::token_id)) == options.tokens.empty())
    return invalid_input("{token} in --body or --header and --tokens go together");
  if (names(sent, &Values::assertion) == options.assertion_key_file.empty())
    return invalid_input("{assertion} in --body or --header and --assertion-key go together");
  if (names(sent, &Values::proof) == options.dpop_key_file.empty())
    return invalid_input("{proof} in --body or --header and --dpop-key go together");
  if (names(options.contains, &Values::assertion) || names(options.contains, &Values::proof))
    return invalid_input("{assertion} and {proof} are for what is sent");
  if ((names(options.contains, &Values::token) || names(options.contains, &Values::token_id)) &&
      std::any_of(options.tokens.begin(), options.tokens.end(), [](const Token& token) { return token.id.empty(); }))
    return invalid_input("{token_id} in --contains needs an id behind each of --tokens");
  return {};
}

Result<void> check_together(const Options& options) {
  if (options.certificate_file.empty() != options.key_file.empty())
    return invalid_input("--cert and --key go together");
  if (options.transport == Transport::tls && options.ca_file.empty()) return invalid_input("--ca or --plain is needed");
  if (options.transport == Transport::plain && !(options.ca_file + options.certificate_file).empty())
    return invalid_input("--plain has no certificates");
  if (options.assertion_key_file.empty() != options.audience.empty())
    return invalid_input("--assertion-key and --audience go together");
  if (options.threads > options.connections) return invalid_input("--threads is larger than --connections");
  if (options.mode == Mode::idle && options.server_pids.empty()) return invalid_input("--mode idle needs --server-pid");
  return check_placeholders(options);
}

Result<void> finish(Options& options, const RawOptions& raw) {
  static const std::map<std::string, Mode> modes{
      {"keepalive", Mode::keepalive}, {"new", Mode::new_connection}, {"idle", Mode::idle}};
  auto endpoint = parse_endpoint(raw.connect);
  if (!endpoint) return std::move(endpoint).error();
  options.endpoint = *std::move(endpoint);
  options.mode = modes.at(raw.mode);
  options.check = raw.check == "token" ? Check::token : Check::none;
  options.transport = raw.plain ? Transport::plain : Transport::tls;
  options.format = raw.json ? Format::json : Format::text;
  options.duration = std::chrono::duration<double>{raw.duration};
  options.timeout = std::chrono::duration<double>{raw.timeout};
  options.max_time = std::chrono::duration<double>{raw.max_seconds};
  if (auto loaded = load_inputs(options, raw); !loaded) return loaded;
  return check_together(options);
}

}  // namespace

Result<Endpoint> parse_endpoint(const std::string& text) {
  constexpr std::string_view kUnix = "unix:/";
  Endpoint endpoint{.text = text, .ip = {}, .port = 0, .family = AF_INET};
  if (text.starts_with(kUnix)) {
    endpoint.family = AF_UNIX;
    endpoint.ip = text.substr(kUnix.size() - 1);
    if (endpoint.ip.size() >= sizeof(sockaddr_un::sun_path)) return invalid_input(text + ": too long for a socket");
    return endpoint;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return invalid_input(text + ": write IP:PORT or unix:PATH");
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
  CLI::App app{
      "Loads an HTTP server on this machine, with client certificates or without, and reports what each request "
      "costs."};
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

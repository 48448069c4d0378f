#include <charconv>
#include <filesystem>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "cli/output.hpp"
#include "cli/starter.hpp"
#include "cli/verb.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kInitArguments[] = {
    {"DIR", ArgumentKind::positional, "made where it is missing; must be empty", true},
    {"--port", ArgumentKind::value, "where the server will listen on 127.0.0.1 (default 8443)", false},
    {"--operations-port", ArgumentKind::value, "where /metrics will be on 127.0.0.1 (default 9090)", false},
};

Result<unsigned> parse_port(const Arguments& arguments, std::string_view name, unsigned otherwise) {
  if (!arguments.has(name)) return otherwise;
  const std::string text = arguments.value(name);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535) {
    return invalid_input(std::string{name} + ": \"" + text + "\" is not a port from 1 to 65535");
  }
  return port;
}

/// One word for a shell.
std::string shell_quoted(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/:,+@%=";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out.push_back(c);
    }
  }
  return out + "'";
}

ExitStatus run_init(const Arguments& arguments) {
  const auto port = parse_port(arguments, "--port", 8443);
  if (!port) return fail(ExitStatus::wrong_usage, port.error());
  const auto operations_port = parse_port(arguments, "--operations-port", 9090);
  if (!operations_port) return fail(ExitStatus::wrong_usage, operations_port.error());
  StarterOptions options;
  options.directory = arguments.value("DIR");
  options.port = *port;
  options.operations_port = *operations_port;
  if (const auto written = write_starter(options, wall_now()); !written) {
    return fail(ExitStatus::could_not_run, written.error());
  }
  const std::string dir = options.directory.string();
  const auto in_dir = [&dir](const char* file) { return shell_quoted(dir + file); };
  print("Made a development setup in " + dir +
        ": not for production.\n\nStart the server:\n\n  certbound serve --config " + in_dir("/certbound.yaml") +
        "\n\nGet a token from another terminal:\n\n  curl --cacert " + in_dir("/ca/dev-ca.crt") + " --cert " +
        in_dir("/clients/client-1.crt") + " --key " + in_dir("/clients/client-1.key") +
        " \\\n       -d grant_type=client_credentials -d client_id=client-1 "
        "https://localhost:" +
        std::to_string(*port) + "/oauth2/token\n");
  return ExitStatus::done;
}

}  // namespace

const Verb kInit{
    {}, "init", "write a working starter: configuration, development CA, certificates", kInitArguments, &run_init};

}  // namespace certbound::cli

#include "cli/output.hpp"

#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"

namespace certbound::cli {

void print(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), stdout); }

void print_error(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), stderr); }

bool finish_output() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

void print_json(const nlohmann::ordered_json& value) {
  print(value.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

ExitStatus fail(ExitStatus status, const Error& error) { return fail(status, error.detail); }

ExitStatus fail(ExitStatus status, std::string_view message) {
  print_error("certbound: " + printable(message) + "\n");
  return status;
}

std::string printable(std::string_view text) {
  const std::string quoted = json_quoted(text);
  // The escapes of JSON without its quotes; a quote and a backslash are no danger, and stand in names that are copied.
  const std::string_view escaped = std::string_view{quoted}.substr(1, quoted.size() - 2);
  std::string out;
  out.reserve(escaped.size());
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    const bool is_plain = escaped[i] == '\\' && (escaped[i + 1] == '"' || escaped[i + 1] == '\\');
    if (is_plain) ++i;
    out.push_back(escaped[i]);
  }
  return out;
}

std::filesystem::path configuration_path(const Arguments& arguments) {
  if (arguments.has("--config")) return arguments.value("--config");
  const char* variable = std::getenv("CERTBOUND_CONFIG");  // NOLINT(concurrency-mt-unsafe): one thread
  if (variable != nullptr && *variable != '\0') return variable;
  return "/etc/certbound/certbound.yaml";
}

ExitStatus status_of_invalid(const std::filesystem::path& configuration) {
  return load_file(configuration) ? ExitStatus::answer_is_no : ExitStatus::could_not_run;
}

}  // namespace certbound::cli

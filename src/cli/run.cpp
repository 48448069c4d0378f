#include "cli/run.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/version.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/verb.hpp"

namespace certbound::cli {

namespace {

const Verb* const kVerbs[] = {&kServe,        &kCheck,      &kInit,          &kCertInspect,   &kCertVerify,
                              &kClientList,   &kClientShow, &kClientExplain, &kSecretNew,     &kSecretList,
                              &kSecretRemove, &kKeysList,   &kKeysRotate,    &kKeysReencrypt, &kDenyAdd,
                              &kDenyList,     &kDenyRemove, &kTokenInspect,  &kTokenVerify,   &kJwsVerify,
                              &kAuditVerify,  &kAuditShow,  &kVersion};

/// A group within another has both names, and stands behind it.
constexpr std::pair<std::string_view, std::string_view> kGroups[] = {
    {"cert", "certificates"},
    {"client", "the registry of clients"},
    {"client secret", "shared secrets of clients, to migrate from"},
    {"jws", "JSON Web Signatures"},
    {"keys", "signing keys"},
    {"token", "access tokens"},
    {"deny", "tokens that are out of service"},
    {"audit", "the record of every decision"},
};

/// CLI11 writes into these; they outlive the parse.
struct ParsedVerb {
  const Verb* verb = nullptr;
  CLI::App* command = nullptr;
  std::map<std::string_view, bool> flags;
  std::map<std::string_view, std::vector<std::string>> values;
};

void add_argument(ParsedVerb& parsed, const ArgumentSpec& spec) {
  const std::string name{spec.name};
  const std::string help{spec.help};
  if (spec.kind == ArgumentKind::flag) {
    parsed.command->add_flag(name, parsed.flags[spec.name], help);
    return;
  }
  CLI::Option* option = parsed.command->add_option(name, parsed.values[spec.name], help);
  option->required(spec.is_required);
  if (spec.kind == ArgumentKind::positionals) {
    option->expected(-1);
  } else if (spec.kind == ArgumentKind::values) {
    option->expected(1)->take_all();
  } else {
    // Else the first positional argument takes what the second is for.
    option->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  }
  const bool is_named = spec.kind != ArgumentKind::positional && spec.kind != ArgumentKind::positionals;
  option->type_name(is_named ? "VALUE" : "");
}

Arguments to_arguments(const ParsedVerb& parsed) {
  Arguments arguments;
  for (const auto& [name, is_set] : parsed.flags) {
    if (is_set) arguments.add(name, {});
  }
  for (const auto& [name, values] : parsed.values) {
    if (!values.empty()) arguments.add(name, values);
  }
  return arguments;
}

/// `client` and `secret` of `client secret`; nothing and `client` of `client`.
std::pair<std::string_view, std::string_view> split_last_word(std::string_view name) {
  const std::size_t blank = name.rfind(' ');
  if (blank == std::string_view::npos) return {std::string_view{}, name};
  return {name.substr(0, blank), name.substr(blank + 1)};
}

/// The command under which each verb stands: the program itself or its group.
std::map<std::string_view, CLI::App*> add_groups(CLI::App& app) {
  std::map<std::string_view, CLI::App*> groups{{std::string_view{}, &app}};
  for (const auto& [name, summary] : kGroups) {
    const auto [parent, word] = split_last_word(name);
    groups[name] = groups.at(parent)->add_subcommand(std::string{word}, std::string{summary})->require_subcommand(1);
  }
  return groups;
}

void add_verbs(CLI::App& app, std::vector<std::unique_ptr<ParsedVerb>>& parsed) {
  const auto groups = add_groups(app);
  for (const Verb* verb : kVerbs) {
    auto entry = std::make_unique<ParsedVerb>();
    entry->verb = verb;
    entry->command = groups.at(verb->group)->add_subcommand(std::string{verb->name}, std::string{verb->summary});
    for (const ArgumentSpec& spec : verb->arguments) add_argument(*entry, spec);
    parsed.push_back(std::move(entry));
  }
}

/// Nothing, a verb, a group, or a group and its verb.
bool is_command(const std::vector<std::string>& words) {
  const auto has_blank = [](const std::string& word) { return word.find(' ') != std::string::npos; };
  if (std::any_of(words.begin(), words.end(), has_blank)) return false;
  const std::string command = join(words, " ");
  const auto is_group = [&command](const auto& group) { return group.first == command; };
  const auto is_verb = [split = split_last_word(command)](const Verb* verb) {
    return verb->group == split.first && verb->name == split.second;
  };
  return words.empty() || std::any_of(std::begin(kGroups), std::end(kGroups), is_group) ||
         std::any_of(std::begin(kVerbs), std::end(kVerbs), is_verb);
}

/// `help`, `help VERB` and `help GROUP… VERB` are `--help` in other words. Throws CLI::ParseError where there is no
/// such command: asked for help, CLI11 does not look at the other words.
std::vector<std::string> rewrite_help(int argc, char** argv) {
  std::vector<std::string> words{argv + 1, argv + argc};
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    if (!is_command(words)) throw CLI::ExtrasError({words.rbegin(), words.rend()});
    words.emplace_back("--help");
  }
  return {words.rbegin(), words.rend()};  // CLI11 takes them last first
}

int run_parsed(CLI::App& app, const std::vector<std::unique_ptr<ParsedVerb>>& parsed) {
  for (const auto& entry : parsed) {
    if (entry->command->parsed()) return static_cast<int>(entry->verb->run(to_arguments(*entry)));
  }
  print_error(app.help());
  return static_cast<int>(ExitStatus::wrong_usage);
}

int parse_and_run(int argc, char** argv) {
  CLI::App app{"OAuth 2.0 authorization server for workloads with X.509 certificates", "certbound"};
  app.set_version_flag("--version", "certbound " + std::string{app::version_text()});
  app.set_help_all_flag("--help-all", "help for every verb");
  app.require_subcommand(1);
  std::vector<std::unique_ptr<ParsedVerb>> parsed;
  add_verbs(app, parsed);
  try {
    app.parse(rewrite_help(argc, argv));
  } catch (const CLI::ParseError& error) {
    const bool is_asked_for = error.get_exit_code() == 0;  // --help, --version
    app.exit(error);
    return static_cast<int>(is_asked_for ? ExitStatus::done : ExitStatus::wrong_usage);
  }
  return run_parsed(app, parsed);
}

}  // namespace

std::string Arguments::value(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? std::string{} : found->second.front();
}

std::vector<std::string> Arguments::values(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

int run(int argc, char** argv) {
  try {
    const int status = parse_and_run(argc, argv);
    if (finish_output()) return status;
    return static_cast<int>(fail(ExitStatus::could_not_run, "cannot write to standard output"));
  } catch (const std::exception& exception) {
    return static_cast<int>(fail(ExitStatus::could_not_run, exception.what()));
  }
}

}  // namespace certbound::cli

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/exit_status.hpp"

namespace certbound::cli {

using app::ExitStatus;

enum class ArgumentKind : std::uint8_t {
  flag,         ///< `--json`
  value,        ///< `--cert FILE`
  values,       ///< `--crl FILE`, several times
  positional,   ///< `ID`
  positionals,  ///< `FILE…`
};

/// One argument of a verb.
struct ArgumentSpec {
  std::string_view name;  ///< `--cert`, or `ID` for a positional one
  ArgumentKind kind = ArgumentKind::flag;
  std::string_view help;
  bool is_required = false;
};

/// What the command line gave, by the names of the specs.
class Arguments {
 public:
  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  /// The value, or an empty text where it was not given.
  [[nodiscard]] std::string value(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;

  void add(std::string_view name, std::vector<std::string> given) {
    values_.insert_or_assign(std::string{name}, std::move(given));
  }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// One verb: a row of the table in run.cpp, a file of its own.
struct Verb {
  std::string_view group;  ///< `cert` of `cert inspect`, `client secret` of `client secret new`; empty for a verb of
                           ///< its own
  std::string_view name;
  std::string_view summary;
  std::span<const ArgumentSpec> arguments;
  ExitStatus (*run)(const Arguments& arguments);
};

inline constexpr ArgumentSpec kConfigArgument{
    "--config", ArgumentKind::value, "the configuration; else $CERTBOUND_CONFIG, else /etc/certbound/certbound.yaml"};
inline constexpr ArgumentSpec kJsonArgument{"--json", ArgumentKind::flag, "print JSON"};

extern const Verb kServe;
extern const Verb kCheck;
extern const Verb kInit;
extern const Verb kCertInspect;
extern const Verb kCertVerify;
extern const Verb kClientList;
extern const Verb kClientShow;
extern const Verb kClientExplain;
extern const Verb kSecretNew;
extern const Verb kSecretList;
extern const Verb kSecretRemove;
extern const Verb kKeysList;
extern const Verb kDenyAdd;
extern const Verb kDenyList;
extern const Verb kDenyRemove;
extern const Verb kKeysRotate;
extern const Verb kKeysReencrypt;
extern const Verb kTokenInspect;
extern const Verb kAuditVerify;
extern const Verb kAuditShow;
extern const Verb kTokenVerify;
extern const Verb kJwsVerify;
extern const Verb kVersion;

}  // namespace certbound::cli

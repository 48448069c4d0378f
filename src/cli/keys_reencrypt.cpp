#include <filesystem>

#include <nlohmann/json.hpp>

#include "app/reencrypt_keys.hpp"
#include "app/report.hpp"
#include "app/state_dir.hpp"
#include "cli/output.hpp"
#include "cli/verb.hpp"
#include "config/load.hpp"
#include "store/open.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kKeysReencryptArguments[] = {
    {"--old-key", ArgumentKind::value,
     "the file with the key under which they are encrypted now; not needed where they are plain"},
    kConfigArgument,
    kJsonArgument};

Result<app::KeyProtection> load_protection(const std::filesystem::path& file) {
  const auto key = app::load_key_encryption_key(file);
  if (!key) return key.error();
  return app::KeyProtection::make(*key);
}

/// Under the lock that a server holds for as long as it runs: it would go on with the keys as it read them.
ExitStatus reencrypt(const std::filesystem::path& state_dir, const app::KeyProtection& before,
                     const app::KeyProtection& next, app::Reencryption& done) {
  std::error_code error;
  if (!std::filesystem::exists(state_dir / store::kDatabaseName, error)) {
    return fail(ExitStatus::could_not_run, (state_dir / store::kDatabaseName).string() +
                                               ": there are no keys yet: the server makes them on its first start");
  }
  const auto lock = app::StateDirLock::acquire(state_dir);
  if (!lock) return fail(ExitStatus::could_not_run, lock.error().detail + "; stop the server first");
  const auto store = store::open_store(state_dir, wall_now());
  if (!store) return fail(ExitStatus::could_not_run, store.error());
  const auto reencrypted = app::reencrypt_keys((*store)->keys(), before, next);
  if (!reencrypted) {
    const std::string hint = before.is_on() ? "" : "; name that key with --old-key";
    return fail(ExitStatus::could_not_run, reencrypted.error().detail + hint + "; nothing was changed");
  }
  done = *reencrypted;
  // Also where nothing was changed: whoever was cut off here runs it again.
  if (const auto erased = (*store)->keys().erase_remains(); !erased) {
    return fail(ExitStatus::could_not_run,
                "the keys are encrypted anew, but what they were may still be in the files of the database: " +
                    erased.error().detail + "; run it again");
  }
  return ExitStatus::done;
}

ExitStatus run_keys_reencrypt(const Arguments& arguments) {
  const std::filesystem::path file = configuration_path(arguments);
  const config::Loaded loaded = config::load(file);
  if (!loaded.config) {
    app::report_problems(loaded.problems);
    return status_of_invalid(file);
  }
  const config::Config& config = *loaded.config;
  if (config.signing.key_encryption_key.empty()) {
    return fail(ExitStatus::answer_is_no, "signing.key_encryption_key names no key to encrypt them under");
  }
  const auto next = load_protection(config.signing.key_encryption_key);
  if (!next) return fail(ExitStatus::could_not_run, next.error());
  const auto before =
      arguments.has("--old-key") ? load_protection(arguments.value("--old-key")) : Result<app::KeyProtection>{{}};
  if (!before) return fail(ExitStatus::could_not_run, before.error());
  app::Reencryption done;
  const ExitStatus status = reencrypt(config.state_dir, *before, *next, done);
  if (status != ExitStatus::done) return status;
  if (arguments.has("--json")) {
    print_json({{"changed", done.changed}, {"kept", done.kept}});
  } else {
    print(std::to_string(done.changed) + " keys encrypted under " + config.signing.key_encryption_key.string() + ", " +
          std::to_string(done.kept) + " were already\n");
  }
  return ExitStatus::done;
}

}  // namespace

const Verb kKeysReencrypt{"keys", "reencrypt",
                          "encrypt the stored keys under another signing.key_encryption_key, while no server runs",
                          kKeysReencryptArguments, &run_keys_reencrypt};

}  // namespace certbound::cli

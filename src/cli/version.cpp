#include "app/version.hpp"

#include <boost/version.hpp>
#include <nlohmann/json.hpp>

#include "cli/output.hpp"
#include "cli/verb.hpp"
#include "crypto/version.hpp"
#include "store/sqlite/version.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kVersionArguments[] = {kJsonArgument};

std::string boost_version() {
  return std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000) + "." +
         std::to_string(BOOST_VERSION % 100);
}

ExitStatus run_version(const Arguments& arguments) {
  nlohmann::ordered_json json;
  json["version"] = app::version_text();
  json["commit"] = app::commit_text();
  json["libraries"]["openssl"] = crypto::library_version();
  json["libraries"]["sqlite"] = store::sqlite::library_version();
  json["libraries"]["boost"] = boost_version();
  if (arguments.has("--json")) {
    print_json(json);
    return ExitStatus::done;
  }
  print("certbound " + std::string{app::version_text()} + " (" + std::string{app::commit_text()} + ")\n");
  for (const auto& [name, version] : json["libraries"].items()) print(name + ": " + version.get<std::string>() + "\n");
  return ExitStatus::done;
}

}  // namespace

const Verb kVersion{{}, "version", "version, commit, library versions", kVersionArguments, &run_version};

}  // namespace certbound::cli

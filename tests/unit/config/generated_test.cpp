#include "config/generated.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "config/options.hpp"
#include "unit/config/memory_files.hpp"

namespace certbound::config {
namespace {

/// Compares a committed file with what the table of options makes of it; writes it anew where the environment says so.
void expect_committed(const std::string& name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path{CERTBOUND_FIXTURES} / "../.." / name;
  if (std::getenv("CERTBOUND_UPDATE_GENERATED") != nullptr) std::ofstream{path, std::ios::binary} << text;
  std::ifstream file{path, std::ios::binary};
  const std::string committed{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_TRUE(committed == text) << name << " does not follow from the table of options; to write it anew run\n"
                                 << "  CERTBOUND_UPDATE_GENERATED=1 ctest -R config.Generated";
}

TEST(Generated, SchemaIsAsCommitted) { expect_committed("config/certbound.schema.json", write_schema()); }

TEST(Generated, ReferenceIsAsCommitted) { expect_committed("docs/CONFIG.md", write_reference()); }

TEST(Generated, ExampleIsAsCommitted) { expect_committed("config/certbound.example.yaml", write_example()); }

TEST(Generated, ExampleLoads) {
  const MemoryFiles files;
  const Loaded loaded = files.load(write_example());
  EXPECT_EQ(rendered(loaded), std::vector<std::string>{});
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->clients.size(), 1U);
}

/// Calls `visit` for every table below.
template <typename Visit>
void visit_tables(const Table& table, const Visit& visit) {
  visit(table);
  for (const Option& option : table.options) {
    const Shape& shape = option.shape.kind == Kind::list ? option.shape.element.front() : option.shape;
    if (shape.members != nullptr) visit_tables(*shape.members, visit);
  }
}

TEST(Generated, ExampleHoldsEveryOption) {
  const std::string example = write_example();
  std::size_t count = 0;
  visit_tables(config_section().table(), [&](const Table& table) {
    for (const Option& option : table.options) {
      const std::string line = std::string{option.key} + ":";
      const bool is_there =
          example.find(" " + line) != std::string::npos || example.find("\n" + line) != std::string::npos;
      EXPECT_TRUE(is_there) << option.key;
      ++count;
    }
  });
  EXPECT_GE(count, 50U);
}

TEST(Generated, EveryOptionHasACommentAndARequiredOneNoDefault) {
  visit_tables(config_section().table(), [](const Table& table) {
    for (const Option& option : table.options) {
      EXPECT_TRUE(option.comment.ends_with('.')) << option.key;
      EXPECT_FALSE(option.need == Need::required && !option.fallback.empty()) << option.key;
    }
  });
}

TEST(Generated, SchemaRefusesUnknownKeysInEverySection) {
  const auto schema = nlohmann::json::parse(write_schema());
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["properties"]["limits"]["additionalProperties"], false);
  EXPECT_EQ(schema["properties"]["clients"]["items"]["additionalProperties"], false);
  EXPECT_EQ(schema["properties"]["trust_stores"]["additionalProperties"]["additionalProperties"], false);
  EXPECT_EQ(schema["properties"]["tokens"]["properties"]["lifetime"]["default"], "5m");
}

TEST(RenderDuration, TakesTheLargestWholeUnit) {
  EXPECT_EQ(render_duration(0), "0s");
  EXPECT_EQ(render_duration(90), "90s");
  EXPECT_EQ(render_duration(300), "5m");
  EXPECT_EQ(render_duration(86400), "1d");
  EXPECT_EQ(render_duration(36000), "10h");
}

TEST(RenderSize, TakesTheLargestWholeUnit) {
  EXPECT_EQ(render_size(0), "0");
  EXPECT_EQ(render_size(1000), "1000");
  EXPECT_EQ(render_size(16384), "16KiB");
  EXPECT_EQ(render_size(1 << 20), "1MiB");
}

}  // namespace
}  // namespace certbound::config

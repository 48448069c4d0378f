#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "base/reason.hpp"

namespace certbound {
namespace {

std::string render_errors_document() {
  std::string text =
      "# Reason codes\n\n"
      "<!-- Generated from the table in src/base/reason.cpp. CERTBOUND_UPDATE_GENERATED=1 with the unit test of base "
      "writes it anew. -->\n\n"
      "The caller of a refused request gets an OAuth error code, a short text and a `request_id`. The log line, the "
      "audit record and\n"
      "`certbound_refusals_total` have one of these reasons as well. A code is never renamed and never reused.\n\n"
      "| reason | what it means, what to do |\n| --- | --- |\n";
  for (std::size_t i = 1; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    text += "| `" + std::string{name(reason)} + "` | " + std::string{meaning(reason)} + " |\n";
  }
  return text;
}

TEST(ErrorsDocument, IsGeneratedFromTheTableOfReasons) {
  const std::string path = std::string{CERTBOUND_FIXTURES} + "/../../docs/ERRORS.md";
  const std::string expected = render_errors_document();
  if (std::getenv("CERTBOUND_UPDATE_GENERATED") != nullptr) std::ofstream{path, std::ios::binary} << expected;
  std::ifstream file{path, std::ios::binary};
  const std::string actual{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_EQ(actual, expected) << "run: CERTBOUND_UPDATE_GENERATED=1 ctest -R base.ErrorsDocument";
}

}  // namespace
}  // namespace certbound

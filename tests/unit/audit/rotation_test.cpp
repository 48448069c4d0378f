#include "audit/rotation.hpp"

#include "base/file.hpp"
#include "unit/audit/chain_fixture.hpp"

namespace certbound::audit {

TEST(SetAside, NamesTheTimeAndNeverOverwrites) {
  const store::TemporaryFolder folder;
  const auto log = folder.path() / "audit.jsonl";
  for (const char* expected :
       {"audit.jsonl.20260115T120000Z", "audit.jsonl.20260115T120000Z.2", "audit.jsonl.20260115T120000Z.3"}) {
    write_text(log, expected);
    const auto aside = set_aside(log, noon());
    ASSERT_TRUE(aside);
    EXPECT_EQ(*aside, folder.path() / expected);
    EXPECT_FALSE(std::filesystem::exists(log));
  }
  EXPECT_EQ(*load_file(folder.path() / "audit.jsonl.20260115T120000Z"), "audit.jsonl.20260115T120000Z");
}

TEST(SetAside, SaysWhyItCannot) {
  const store::TemporaryFolder folder;
  const auto aside = set_aside(folder.path() / "missing", noon());
  ASSERT_FALSE(aside);
  EXPECT_TRUE(aside.error().detail.starts_with((folder.path() / "missing: cannot be renamed").string()));
}

TEST(RenameNew, RefusesANameThatIsTaken) {
  const store::TemporaryFolder folder;
  write_text(folder.path() / "a", "a");
  write_text(folder.path() / "b", "b");
  EXPECT_FALSE(rename_new(folder.path() / "a", folder.path() / "b"));
  EXPECT_EQ(*load_file(folder.path() / "b"), "b");
  EXPECT_TRUE(rename_new(folder.path() / "a", folder.path() / "c"));
}

TEST(FindRotated, FindsWhatARotationLeaves) {
  const store::TemporaryFolder folder;
  const auto log = folder.path() / "audit.jsonl";
  for (const char* name :
       {"audit.jsonl", "audit.jsonl.1", "audit.jsonl.20260115T120000Z", "audit.jsonl.20260115T120000Z.2",
        "audit.jsonl.head", "audit.jsonl.2.gz", "audit.jsonl.", "other.jsonl", "audit.jsonl~"}) {
    write_text(folder.path() / name, "");
  }
  const auto found = find_rotated(log);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<std::filesystem::path>{log, folder.path() / "audit.jsonl.1",
                                                        folder.path() / "audit.jsonl.20260115T120000Z",
                                                        folder.path() / "audit.jsonl.20260115T120000Z.2"}));
  EXPECT_FALSE(find_rotated(folder.path() / "missing" / "audit.jsonl"));
}

}  // namespace certbound::audit

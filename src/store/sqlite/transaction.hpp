#pragma once

#include "base/result.hpp"
#include "store/sqlite/database.hpp"

namespace certbound::store::sqlite {

/// A write transaction. Whatever is not committed when it ends is undone.
class Transaction {
 public:
  /// Takes the write lock at once, so that what is read afterwards stays true. Errors: as Database.
  [[nodiscard]] static Result<Transaction> begin(Database& database);

  Transaction(Transaction&& other) noexcept : database_{other.database_} { other.database_ = nullptr; }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// On the disk when it returns (synchronous=FULL). Errors: as Database; then nothing was changed.
  [[nodiscard]] Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_{&database} {}
  Database* database_;  // null once committed or moved from
};

}  // namespace certbound::store::sqlite

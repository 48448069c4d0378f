#pragma once

namespace certbound::app {

/// What the program ends with.
enum class ExitStatus : int {
  done = 0,
  answer_is_no = 1,  ///< invalid configuration, certificate refused
  wrong_usage = 2,
  could_not_run = 3,          ///< port taken, file unreadable
  invalid_configuration = 78  ///< `serve` only (EX_CONFIG), so that systemd does not restart it in a loop
};

}  // namespace certbound::app

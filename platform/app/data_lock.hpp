#pragma once

#include "platform/base/result.hpp"
#include "platform/net/socket.hpp"

#include <filesystem>

namespace troupe::app {

/// Creates the data directory if it is missing and takes it for this process alone, until the object goes away or the process ends
/// in whatever way (flock(2)).
/// Errors: unavailable, each with what to do: it cannot be created, is not writable, or another process has it.
[[nodiscard]] base::result<net::socket> lock_data_dir(const std::filesystem::path& dir);

} // namespace troupe::app

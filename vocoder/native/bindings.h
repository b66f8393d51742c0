// What the parts of the Python module have in common. Shapes are checked here as well as in Python:
// whatever is passed, the answer is an exception and never a crash.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace sonant {

void bind_engine(nanobind::module_& m);
void bind_frames(nanobind::module_& m);
void bind_layers(nanobind::module_& m);

inline void require(bool condition, const std::string& message) {
    if (!condition) throw std::invalid_argument(message);
}

// Room that a thread keeps, aligned to 64 bytes and as large as the largest that was asked for: a
// call may take microseconds, and fresh pages would cost as much.
void* scratch(std::size_t bytes);

}  // namespace sonant

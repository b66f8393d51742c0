// Which compiled kernels this processor can run.
#pragma once

#include <string>
#include <vector>

#include "model.h"

namespace sonant {

// Those that this processor runs, fastest first; never empty.
std::vector<const Kernels*> available_kernels();

// "auto" is the fastest. Throws std::invalid_argument naming what there is.
const Kernels& find_kernels(const std::string& isa);

}  // namespace sonant

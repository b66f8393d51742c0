// The owner of a network's packed weights, and of the scratch that generation needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "model.h"

namespace sonant {

// Floats aligned to the widest vector, zero at first.
class Floats {
  public:
    explicit Floats(std::size_t size);
    float* data() { return data_.get(); }
    const float* data() const { return data_.get(); }

  private:
    struct Free {
        void operator()(float* p) const;
    };
    std::unique_ptr<float[], Free> data_;
};

// The weights as `vocoder.engine.weights.EngineWeights` has them, sizes checked by whoever fills this in.
struct PlainWeights {
    const float *inputs, *taps, *residual, *residual_bias, *skip, *skip_bias, *head1, *head1_bias, *head2, *head2_bias;
};

struct Shape {
    std::vector<int> dilations;
    int kernel_size, residual, gated, skip, head, levels, outputs, mixtures;
    int64_t hop_length;
    Output output;
};

// Packs once; from then on it is only read, by any number of threads.
class PackedNetwork {
  public:
    PackedNetwork(const Shape& shape, const PlainWeights& weights, const Kernels& kernels);
    PackedNetwork(const PackedNetwork&) = delete;
    PackedNetwork& operator=(const PackedNetwork&) = delete;

    const Model& model() const { return model_; }
    const Kernels& kernels() const { return kernels_; }

    // Makes the samples of all streams, whose scratch is filled in here.
    void generate(std::vector<Stream>& streams) const;

  private:
    int padded(int n) const;
    const float* keep(const float* from, int rows, int columns);
    Matrix pack(const float* from, int inputs, const std::vector<int>& columns);
    Matrix pack(const float* from, int inputs, int outputs);
    int64_t scratch_size() const;
    void place_scratch(Stream& stream, float* at) const;

    const Kernels& kernels_;
    Model model_{};
    std::vector<Floats> owned_;
    std::vector<Matrix> older_;
    std::vector<Block> blocks_;
};

}  // namespace sonant

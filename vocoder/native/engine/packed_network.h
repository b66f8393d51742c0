// The owner of a network's packed weights, and of the scratch that generation needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "model.h"
#include "pool.h"

namespace sonant {

struct FreeAligned {
    void operator()(float* p) const;
};
using AlignedFloats = std::unique_ptr<float[], FreeAligned>;

// Floats that lie one after the other in the order they were asked for, aligned to cache lines,
// zero at first, and on huge pages where the system has them: the weights are read from end to end
// for every sample.
class Arena {
  public:
    float* take(std::size_t size);

  private:
    std::vector<AlignedFloats> chunks_;
    float* next_ = nullptr;
    std::size_t left_ = 0;
};

// The weights as `vocoder.engine.weights.EngineWeights` has them, sizes checked by whoever fills
// this in.
struct PlainWeights {
    const double *values, *edges;
    const float *inputs, *taps, *residual, *residual_bias, *skip, *skip_bias, *head1, *head1_bias,
        *head2, *head2_bias;
};

struct Shape {
    std::vector<int> dilations;
    int predictions, prediction_order, max_lag, history_length;
    int kernel_size, residual, gated, skip, head, levels, outputs, mixtures;
    int64_t hop_length;
    Output output;
};

// Packs once; from then on it is only read, by any number of threads. Streams of one call are
// shared out to a pool of its own.
class PackedNetwork {
  public:
    PackedNetwork(const Shape& shape, const PlainWeights& weights, const Kernels& kernels,
                  Precision precision, int threads);
    PackedNetwork(const PackedNetwork&) = delete;
    PackedNetwork& operator=(const PackedNetwork&) = delete;

    const Model& model() const { return model_; }
    const Kernels& kernels() const { return kernels_; }
    Precision precision() const { return precision_; }

    // Makes the samples of all streams, whose scratch is filled in here.
    void generate(std::vector<Stream>& streams) const;

  private:
    int padded(int n) const;
    const float* keep(const float* from, int rows, int columns);
    Matrix pack(const float* from, int inputs, const std::vector<int>& columns);
    const float* pick_scales(const float* from, int inputs, int given,
                             const std::vector<int>& columns);
    const void* pack_floats(const float* from, int inputs, int given,
                            const std::vector<int>& columns);
    const void* pack_halves(const float* from, int inputs, int given,
                            const std::vector<int>& columns);
    const void* pack_pairs(const float* from, int inputs, int given,
                           const std::vector<int>& columns);
    const void* pack_bytes(const float* from, int inputs, int given,
                           const std::vector<int>& columns, const float* scales, int32_t* begin);
    Matrix pack(const float* from, int inputs, int outputs);
    std::vector<int> all_columns(int outputs) const;
    std::size_t place_scratch(Stream& stream, float* at) const;

    const Kernels& kernels_;
    const Precision precision_;
    mutable Pool pool_;
    Model model_{};
    Arena weights_;  // of products
    Arena small_;    // all else
    std::vector<double> values_, edges_;
    std::vector<Matrix> older_;
    std::vector<Block> blocks_;
};

}  // namespace sonant

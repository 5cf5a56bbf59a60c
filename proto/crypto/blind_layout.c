/* SPDX-License-Identifier: Apache-2.0
 * Where each ciphertext of a query lies, and how many items a reply has. */
#include "proto/crypto/blind.h"

enum { CLASS_STEP = 16, CLASS_LINEAR_MAX = 128 };

size_t blind_layout_count(const struct blind_layout *layout)
{
    return (size_t)layout->hard_slots + layout->soft_slots + 2 * (size_t)layout->cells + 2;
}

size_t blind_position_hard(const struct blind_layout *layout, size_t hard_index)
{
    REQUIRE(hard_index < layout->hard_slots);
    return hard_index;
}

size_t blind_position_soft(const struct blind_layout *layout, size_t soft_index)
{
    REQUIRE(soft_index < layout->soft_slots);
    return layout->hard_slots + soft_index;
}

size_t blind_position_hard_cell(const struct blind_layout *layout, size_t cell_index)
{
    REQUIRE(cell_index < layout->cells);
    return (size_t)layout->hard_slots + layout->soft_slots + cell_index;
}

size_t blind_position_soft_cell(const struct blind_layout *layout, size_t cell_index)
{
    return blind_position_hard_cell(layout, cell_index) + layout->cells;
}

size_t blind_position_gate(const struct blind_layout *layout)
{
    return blind_layout_count(layout) - 2;
}

size_t blind_position_base(const struct blind_layout *layout)
{
    return blind_layout_count(layout) - 1;
}

static uint32_t next_class(uint32_t class)
{
    if (class < CLASS_LINEAR_MAX) return class + CLASS_STEP;
    return (class + class / 4) / CLASS_STEP * CLASS_STEP;
}

uint32_t blind_size_class(size_t held)
{
    REQUIRE(held <= BLIND_ITEMS_MAX / 4 * 3);
    uint32_t class = CLASS_STEP;
    while (class < held) class = next_class(class);
    return class;
}

bool blind_is_size_class(uint32_t count)
{
    uint32_t class = CLASS_STEP;
    while (class < count && class <= BLIND_ITEMS_MAX) class = next_class(class);
    return class == count && class <= BLIND_ITEMS_MAX;
}

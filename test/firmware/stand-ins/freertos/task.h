#pragma once
#include "freertos/FreeRTOS.h"
void board_enter_critical(portMUX_TYPE *lock);
void board_exit_critical(portMUX_TYPE *lock);
#define taskENTER_CRITICAL(lock) board_enter_critical(lock)
#define taskEXIT_CRITICAL(lock) board_exit_critical(lock)
void vTaskDelay(unsigned ticks);
unsigned uxTaskGetStackHighWaterMark(void *task);

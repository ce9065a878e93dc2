'use client'

import { useActionState } from 'react'
import { readOrders } from './actions'

export default function Orders() {
  const [state, action] = useActionState(readOrders, undefined)
  return (
    <form action={action}>
      <button type="submit">Read</button>
      <output>{JSON.stringify(state)}</output>
    </form>
  )
}
